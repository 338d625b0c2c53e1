using System.ComponentModel.DataAnnotations;
using Ddpm.Storage.Blobs;

namespace Ddpm.Storage.Tests.Blobs;

public sealed class S3OptionsTests
{
    [Fact]
    public void Validate_NoBucketAtAll_IsRight() => Failures(null).ShouldBeEmpty();

    [Fact]
    public void Validate_OfTheLeastThatIsNeeded_IsRight()
    {
        Failures(new S3Options { Bucket = "images", Region = "eu-central-1" }).ShouldBeEmpty();
        Failures(new S3Options { Bucket = "images", Endpoint = "http://127.0.0.1:9000" }).ShouldBeEmpty();
        Failures(new S3Options { Bucket = "images.of-2", Endpoint = "https://s3.example.org/", AccessKey = "a", SecretKey = "b", Prefix = "ddpm/jobs" }).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Bucket", "")]
    [InlineData("Bucket", "Images")]
    [InlineData("Bucket", "ab")]
    [InlineData("Bucket", "images/jobs")]
    [InlineData("Endpoint", "")]
    [InlineData("Endpoint", "127.0.0.1:9000")]
    [InlineData("Endpoint", "ftp://127.0.0.1")]
    [InlineData("Endpoint", "http://127.0.0.1/images")]
    [InlineData("Endpoint", "http://user:secret@127.0.0.1")]
    [InlineData("Region", "")]
    [InlineData("Region", "eu central")]
    [InlineData("Prefix", "/jobs")]
    [InlineData("Prefix", "jobs/")]
    [InlineData("Prefix", "../jobs")]
    public void Validate_OneWrongValue_NamesTheSettingTheValueAndTheRule(string setting, string value)
    {
        var options = new S3Options { Bucket = "images", Endpoint = "http://127.0.0.1:9000" };
        typeof(S3Options).GetProperty(setting)!.SetValue(options, value);

        Failures(options).ShouldHaveSingleItem().ShouldStartWith($"Storage:S3:{setting} is '{value}' but must ");
    }

    [Fact]
    public void Validate_NeitherEndpointNorRegion_AsksForTheRegion() =>
        Failures(new S3Options { Bucket = "images" }).ShouldHaveSingleItem().ShouldStartWith("Storage:S3:Region ");

    [Theory]
    [InlineData("a-key", null)]
    [InlineData(null, "a-secret")]
    public void Validate_HalfOfTheCredentials_NamesBothAndRepeatsNone(string? accessKey, string? secretKey)
    {
        var failure = Failures(new S3Options { Bucket = "images", Region = "eu-central-1", AccessKey = accessKey, SecretKey = secretKey }).ShouldHaveSingleItem();
        failure.ShouldContain("Storage:S3:AccessKey");
        failure.ShouldContain("Storage:S3:SecretKey");
        failure.ShouldNotContain("a-secret");
    }

    private static List<string> Failures(S3Options? bucket)
    {
        var (options, failures) = (new StorageOptions { S3 = bucket }, new List<ValidationResult>());
        Validator.TryValidateObject(options, new ValidationContext(options), failures, validateAllProperties: true);
        return [.. failures.Select(failure => failure.ErrorMessage!)];
    }
}
