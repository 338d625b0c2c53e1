using Ddpm.V1;
using Ddpm.Web.Registry;
using Ddpm.Web.Tests.Doubles;

namespace Ddpm.Web.Tests.Registry;

public class ModelExtensionsTests
{
    private readonly Model _model = Samples.Garments();

    [Fact]
    public void Before_MovedTwice_IsWhatItNamedFirst()
    {
        Move("latest", Samples.OlderVersion);
        Move("stable", Samples.OlderVersion);
        Move("latest", Samples.Version);

        _model.Before("latest").ShouldBe(Samples.OlderVersion);
        _model.Before("stable").ShouldBeNull();
    }

    [Fact]
    public void Before_VersionThatIsGone_IsNotOffered()
    {
        Move("latest", new string('c', 64));
        Move("latest", Samples.Version);

        _model.Before("latest").ShouldBeNull();
    }

    [Fact]
    public void AliasesOf_SeveralNames_BeginsWithTheOnePeopleLookFor()
    {
        _model.Aliases["best"] = _model.Aliases["candidate"] = Samples.Version;

        _model.AliasesOf(Samples.Version).ShouldBe(["latest", "candidate", "best"]);
    }

    [Fact]
    public void Foremost_WithoutLatest_IsTheNewest()
    {
        _model.Aliases.Clear();

        _model.Foremost()!.Version.ShouldBe(Samples.Version);
    }

    private void Move(string alias, string version) => _model.AliasMoves.Insert(0, new AliasMove { Alias = alias, Version = version });
}
