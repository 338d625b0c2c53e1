using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Ddpm.Storage.Jobs.Migrations
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
                type: "TEXT",
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
