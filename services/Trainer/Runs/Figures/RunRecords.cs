namespace Ddpm.Trainer.Runs;

/// <summary>What a run writes down of its steps: its own record, and TensorBoard's.</summary>
internal sealed class RunRecords : IDisposable
{
    private readonly StepRecord _steps;
    private readonly TensorBoardRecord _tensorBoard;

    /// <param name="folder">The run's.</param>
    /// <param name="stepsDone">Steps that are written down already.</param>
    /// <param name="time">Tells each event's time.</param>
    public RunRecords(RunFolder folder, long stepsDone, TimeProvider time)
    {
        _steps = StepRecord.After(folder.Steps, stepsDone);
        try
        {
            _tensorBoard = new TensorBoardRecord(folder.TensorBoard, stepsDone, time);
        }
        catch
        {
            _steps.Dispose();
            throw;
        }
    }

    public void Add(StepFigures figures)
    {
        _steps.Add(figures);
        _tensorBoard.Add(figures);
    }

    /// <inheritdoc cref="TensorBoardRecord.AddValidation"/>
    public void AddValidation(long step, double loss) => _tensorBoard.AddValidation(step, loss);

    /// <summary>Shows what was added to readers.</summary>
    public void Flush()
    {
        _steps.Flush();
        _tensorBoard.Flush();
    }

    /// <summary>Puts the run's own record onto the disk: before a checkpoint, which then never knows of steps that the record lacks.</summary>
    public void Sync()
    {
        Flush();
        _steps.Sync();
    }

    public void Dispose()
    {
        _steps.Dispose();
        _tensorBoard.Dispose();
    }
}
