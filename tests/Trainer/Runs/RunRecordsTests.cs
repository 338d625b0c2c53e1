using System.Buffers.Binary;
using Ddpm.Trainer.Training;
using Tensorboard;

namespace Ddpm.Trainer.Runs;

public sealed class RunRecordsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void StepRecord_ReadBack_HasTheSameBits()
    {
        var written = Enumerable.Range(1, 20).Select(Figures).ToList();
        using (var record = StepRecord.After(Csv, 0))
            written.ForEach(record.Add);

        var read = StepRecord.Read(Csv).ToList();

        read.Select(step => (step.Step, step.Result.Loss, step.Result.GradientNorm, step.LearningRate))
            .ShouldBe(written.Select(step => (step.Step, step.Result.Loss, step.Result.GradientNorm, step.LearningRate)));
        read[4].Result.Quartiles.Second.Images.ShouldBe(0);
        read[4].Result.Quartiles.Third.Sum.ShouldBe(written[4].Result.Quartiles.Third.Sum, 1e-12);
    }

    [Theory]
    [InlineData("")]
    [InlineData("21,0.5,1")]
    public void After_ALostProcess_CutsOffWhatWillHappenAgain(string halfWritten)
    {
        using (var record = StepRecord.After(Csv, 0))
            Enumerable.Range(1, 20).Select(Figures).ToList().ForEach(record.Add);
        var whole = File.ReadAllText(Csv);
        File.AppendAllText(Csv, halfWritten);
        StepRecord.Read(Csv).Count().ShouldBe(20);

        using (var record = StepRecord.After(Csv, 7))
            Enumerable.Range(8, 13).Select(Figures).ToList().ForEach(record.Add);

        File.ReadAllText(Csv).ShouldBe(whole);
        Should.Throw<InvalidDataException>(() => StepRecord.After(Csv, 21));
    }

    /// <summary>Framing and checksums by a second implementation; what TensorBoard does with them is its own affair.</summary>
    [Fact]
    public void TensorBoardRecord_AfterSevenSteps_IsWhatTensorBoardReads()
    {
        using (var record = new TensorBoardRecord(_folder.Path, 7, TimeProvider.System))
        {
            record.Add(Figures(8));
            record.AddValidation(8, 0.25);
        }

        var events = Read(Directory.EnumerateFiles(_folder.Path, "events.out.tfevents.*").Single()).ToList();

        events.Count.ShouldBe(4);
        events[0].FileVersion.ShouldBe("brain.Event:2");
        events[1].SessionLog.Status.ShouldBe(SessionLog.Types.SessionStatus.Start);
        events[1].Step.ShouldBe(8);
        events[2].Step.ShouldBe(8);
        events[2].Summary.Value.Select(value => value.Tag).ShouldBe(
            ["loss/train", "gradient_norm", "learning_rate", "loss_by_timestep/quartile_1", "loss_by_timestep/quartile_3", "loss_by_timestep/quartile_4"]);
        events[2].Summary.Value[0].SimpleValue.ShouldBe((float)Figures(8).Result.Loss);
        events[3].Summary.Value.ShouldHaveSingleItem().Tag.ShouldBe("loss/validation");
        DateTimeOffset.FromUnixTimeSeconds((long)events[3].WallTime).ShouldBe(TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(5));
    }

    private string Csv => Path.Combine(_folder.Path, "steps.csv");

    private static StepFigures Figures(int step) => new(
        step,
        new StepResult(
            Math.Sqrt(step) / 3,
            (float)Math.Exp(-step),
            new QuartileLosses(new QuartileLoss(step / 7.0, 2), default, new QuartileLoss(step / 3.0, 5), new QuartileLoss(0.1, 1))),
        1e-4 / step);

    private static IEnumerable<Event> Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        for (var at = 0; at < bytes.Length;)
        {
            var length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at));
            BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 8)).ShouldBe(Masked(bytes.AsSpan(at, 8)));
            BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 12 + length)).ShouldBe(Masked(bytes.AsSpan(at + 12, length)));
            yield return Event.Parser.ParseFrom(bytes, at + 12, length);
            at += 16 + length;
        }
    }

    /// <summary>CRC-32C bit by bit, with the polynomial of RFC 3720.</summary>
    private static uint Masked(ReadOnlySpan<byte> bytes)
    {
        var crc = 0xFFFFFFFFu;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) == 1 ? (crc >> 1) ^ 0x82F63B78u : crc >> 1;
        }
        crc = ~crc;
        return unchecked(((crc >> 15) | (crc << 17)) + 0xA282EAD8u);
    }
}
