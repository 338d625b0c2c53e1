using Ddpm.V1;

namespace Ddpm.Web.Following;

/// <summary>The figures of a run's steps: what was recorded, and what was heard since.</summary>
public sealed class RunCurve
{
    /// <summary>Points asked for of the past.</summary>
    public const int RecordedPoints = 300;

    private const int MostPoints = 3 * RecordedPoints;

    private readonly List<RunCurvePoint> _points = [];

    /// <summary>By rising step.</summary>
    public IReadOnlyList<RunCurvePoint> Points => _points;

    /// <summary>Whether so much was heard that the past had better be asked for again, thinned out.</summary>
    public bool IsTooLong => _points.Count > MostPoints;

    /// <summary>Takes what is recorded in place of what is known.</summary>
    public void Take(IEnumerable<RunCurvePoint> recorded)
    {
        _points.Clear();
        _points.AddRange(recorded);
    }

    /// <summary>Adds what an event tells of the steps before it. Points of steps that a run has fallen back behind are taken out.</summary>
    public void Add(RunEvent happened)
    {
        _points.RemoveAll(point => point.Step > happened.Run.StepsDone);
        if (!happened.HasGradientNorm || _points is [.., { } last] && last.Step == happened.Run.StepsDone)
            return;
        _points.Add(new RunCurvePoint
        {
            Step = happened.Run.StepsDone,
            Loss = happened.Run.Loss,
            GradientNorm = happened.GradientNorm,
            LearningRate = happened.LearningRate,
            QuartileLosses = { happened.QuartileLosses },
        });
    }
}
