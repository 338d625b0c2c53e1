using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Ddpm.Storage.Jobs.PostgresMigrations
{
    /// <inheritdoc />
    public partial class Stretches : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "Stretch",
                table: "Jobs",
                type: "character varying(36)",
                maxLength: 36,
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "Stretch",
                table: "Jobs");
        }
    }
}
