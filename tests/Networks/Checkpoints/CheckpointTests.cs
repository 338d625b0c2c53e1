using Ddpm.Safetensors;

namespace Ddpm.Networks.Checkpoints;

public sealed class CheckpointTests : IDisposable
{
    private static readonly ModelIndex Index = new(new Dictionary<int, string> { [0] = "cat", [1] = "dog" });
    private static readonly SchedulerConfig Scheduler = new() { NumTrainTimesteps = 100, BetaSchedule = "squaredcos_cap_v2", PredictionType = "v_prediction", VarianceType = SchedulerConfig.LearnedRange };

    private readonly TemporaryFolder _folder = new();

    private string Target => Path.Combine(_folder.Path, "checkpoint");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Save_ThenLoad_GivesTheSameBits()
    {
        using var network = Save();

        using var loaded = Checkpoint.Load(Target);

        loaded.Scheduler.ShouldBe(Scheduler);
        loaded.Index.ClassNames.ShouldBe(Index.ClassNames);
        var expected = network.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.data<float>().ToArray());
        var actual = loaded.Network.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.data<float>().ToArray());
        actual.Keys.ShouldBe(expected.Keys, ignoreOrder: true);
        foreach (var (name, values) in expected)
            actual[name].ShouldBe(values, name);
        File.ReadAllText(Path.Combine(Target, "README.md")).ShouldBe("# Card");
        Directory.EnumerateFileSystemEntries(_folder.Path).ShouldHaveSingleItem();
    }

    [Fact]
    public void Save_Twice_WritesTheSameBytes()
    {
        using var network = Save();

        Checkpoint.Save(Target + "2", network, Scheduler, Index);

        File.ReadAllBytes(Path.Combine(Target + "2", CheckpointFolder.WeightsFileName)).ShouldBe(File.ReadAllBytes(Path.Combine(Target, CheckpointFolder.WeightsFileName)));
    }

    [Fact]
    public void Save_FolderThatExists_IsRefusedAndLeftAlone()
    {
        using var network = Save();
        var before = File.ReadAllBytes(Path.Combine(Target, CheckpointFolder.WeightsFileName));

        Should.Throw<IOException>(() => Checkpoint.Save(Target, network, Scheduler, ModelIndex.Unconditional)).Message.ShouldContain("exists already");

        File.ReadAllBytes(Path.Combine(Target, CheckpointFolder.WeightsFileName)).ShouldBe(before);
        Directory.EnumerateFileSystemEntries(_folder.Path).ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("diffusion_pytorch_model.bin")]
    [InlineData("model.ckpt")]
    public void Load_PickleInsteadOfSafetensors_IsRefusedByName(string name)
    {
        using var network = Save();
        File.Move(Path.Combine(Target, CheckpointFolder.WeightsFileName), Path.Combine(Target, name));

        Should.Throw<CheckpointException>(() => Checkpoint.Load(Target)).Message.ShouldContain($"{name} is a pickle");
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("scheduler_config.json")]
    [InlineData("diffusion_pytorch_model.safetensors")]
    public void Load_MissingFile_NamesIt(string name)
    {
        using var network = Save();
        File.Delete(Path.Combine(Target, name));

        Should.Throw<CheckpointException>(() => Checkpoint.Load(Target)).Message.ShouldContain($"{name} is missing");
    }

    [Fact]
    public void Load_NoFolder_SaysSo() =>
        Should.Throw<CheckpointException>(() => Checkpoint.Load(Target)).Message.ShouldContain("no such folder");

    [Fact]
    public void Load_WeightsOfAnotherArchitecture_NamesWhatDiffers()
    {
        using var network = Save();
        File.WriteAllText(Path.Combine(Target, UNetConfig.FileName), (network.Config with { NumClassEmbeds = 4 }).ToJson());
        Should.Throw<CheckpointException>(() => Checkpoint.Load(Target)).Message
            .ShouldContain("class_embedding.weight has shape [3, 32], config.json asks for [4, 32]");

        File.WriteAllText(Path.Combine(Target, UNetConfig.FileName), (network.Config with { NumClassEmbeds = null, NullClassEmbed = null }).ToJson());
        Should.Throw<CheckpointException>(() => Checkpoint.Load(Target)).Message
            .ShouldContain("has weights that config.json does not ask for: class_embedding.weight");

        File.WriteAllText(Path.Combine(Target, UNetConfig.FileName), (network.Config with { AttentionTimeEmbedding = true }).ToJson());
        Should.Throw<CheckpointException>(() => Checkpoint.Load(Target)).Message.ShouldContain("lacks weights that config.json asks for");
    }

    [Fact]
    public void Load_TruncatedWeights_IsRefused()
    {
        using var network = Save();
        using (var stream = File.OpenWrite(Path.Combine(Target, CheckpointFolder.WeightsFileName)))
            stream.SetLength(stream.Length - 4);

        Should.Throw<SafetensorsException>(() => Checkpoint.Load(Target));
    }

    [Theory]
    [InlineData("""{ "prediction_type": "flow" }""", "prediction_type")]
    [InlineData("""{ "beta_schedule": "laplace" }""", "beta_schedule")]
    [InlineData("""{ "variance_type": "learned" }""", "variance_type")]
    [InlineData("""{ "num_train_timesteps": 1 }""", "num_train_timesteps")]
    [InlineData("""{ "beta_start": 0.5, "beta_end": 0.1 }""", "beta_end")]
    [InlineData("""{ "trained_betas": [0.1, 0.2] }""", "trained_betas")]
    [InlineData("""{ "rescale_betas_zero_snr": true }""", "rescale_betas_zero_snr")]
    [InlineData("nonsense", "$")]
    public void Load_SchedulerThatIsNotSupported_NamesTheField(string json, string field)
    {
        using var network = Save();
        File.WriteAllText(Path.Combine(Target, SchedulerConfig.FileName), json);

        Should.Throw<InvalidConfigException>(() => Checkpoint.Load(Target)).Violations.ShouldHaveSingleItem().Field.ShouldBe(field);
    }

    private UNet2DModel Save()
    {
        var network = SmallNetwork.Create(SmallNetwork.Config with { NumClassEmbeds = 3, NullClassEmbed = 2 });
        Checkpoint.Save(Target, network, Scheduler, Index, new Dictionary<string, string> { ["README.md"] = "# Card" });
        return network;
    }
}
