using System.Buffers.Binary;
using System.Numerics;
using Google.Protobuf;
using Tensorboard;

namespace Ddpm.Trainer.Runs;

/// <summary>
/// The figures of a run as an event file of TensorBoard: records of an 8-byte length, its masked CRC-32C, an <c>Event</c>, its masked CRC-32C. Each
/// process that goes on with a run begins a file, whose first event tells TensorBoard to forget the steps that will happen again.
/// </summary>
internal sealed class TensorBoardRecord : IDisposable
{
    private readonly FileStream _file;
    private readonly TimeProvider _time;

    /// <param name="folder">Holds the run's event files.</param>
    /// <param name="stepsDone">Steps before the first that will be added.</param>
    /// <param name="time">Tells each event's time.</param>
    public TensorBoardRecord(string folder, long stepsDone, TimeProvider time)
    {
        _time = time;
        Directory.CreateDirectory(folder);
        var began = time.GetUtcNow().ToUnixTimeSeconds();
        _file = new FileStream(Path.Combine(folder, $"events.out.tfevents.{began}.step{stepsDone}.{Guid.NewGuid():N}"), FileMode.CreateNew, FileAccess.Write, FileShare.Read, 1 << 16);
        Write(new Event { FileVersion = "brain.Event:2" });
        if (stepsDone > 0)
            Write(new Event { Step = stepsDone + 1, SessionLog = new SessionLog { Status = SessionLog.Types.SessionStatus.Start } });
    }

    public void Add(StepFigures figures)
    {
        var summary = new Summary();
        Add(summary, "loss/train", figures.Result.Loss);
        Add(summary, "gradient_norm", figures.Result.GradientNorm);
        Add(summary, "learning_rate", figures.LearningRate);
        foreach (var quartile in RunContract.ToContract(figures.Result.Quartiles))
            Add(summary, $"loss_by_timestep/quartile_{quartile.Quartile}", quartile.Loss);
        Write(new Event { Step = figures.Step, Summary = summary });
    }

    /// <summary>Adds the loss on the images kept apart.</summary>
    public void AddValidation(long step, double loss)
    {
        var summary = new Summary();
        Add(summary, "loss/validation", loss);
        Write(new Event { Step = step, Summary = summary });
    }

    public void Flush() => _file.Flush();

    public void Dispose() => _file.Dispose();

    private static void Add(Summary summary, string tag, double value) =>
        summary.Value.Add(new Summary.Types.Value { Tag = tag, SimpleValue = (float)value });

    private void Write(Event happened)
    {
        happened.WallTime = _time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
        var content = happened.ToByteArray();
        Span<byte> header = stackalloc byte[12];
        BinaryPrimitives.WriteInt64LittleEndian(header, content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], MaskedCrc(header[..8]));
        _file.Write(header);
        _file.Write(content);
        Span<byte> footer = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(footer, MaskedCrc(content));
        _file.Write(footer);
    }

    /// <summary>CRC-32C (Castagnoli), turned right by 15 bits, plus a constant: the checksum of TensorFlow's record files.</summary>
    private static uint MaskedCrc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
            crc = BitOperations.Crc32C(crc, value);
        return BitOperations.RotateRight(~crc, 15) + 0xA282EAD8;
    }
}
