using Ddpm.V1;
using Ddpm.Web.Following;

namespace Ddpm.Web.Tests.Following;

public class RunCurveTests
{
    private readonly RunCurve _curve = new();

    public RunCurveTests() => _curve.Take([Point(10), Point(20), Point(30)]);

    [Fact]
    public void Add_Progress_ContinuesThePast()
    {
        _curve.Add(Progress(35, 0.25));

        _curve.Points.Select(point => point.Step).ShouldBe([10, 20, 30, 35]);
        _curve.Points[^1].Loss.ShouldBe(0.25);
        _curve.Points[^1].GradientNorm.ShouldBe(2);
        _curve.Points[^1].QuartileLosses.ShouldHaveSingleItem().Loss.ShouldBe(0.5);
    }

    [Fact]
    public void Add_RunFellBackToItsCheckpoint_ForgetsTheStepsBeyond()
    {
        _curve.Add(Progress(22, 0.4));

        _curve.Points.Select(point => point.Step).ShouldBe([10, 20, 22]);
    }

    [Fact]
    public void Add_StateChange_IsNoPoint()
    {
        _curve.Add(new RunEvent { Run = new Run { StepsDone = 40 } });

        _curve.Points.Count.ShouldBe(3);
    }

    [Fact]
    public void Add_StepThatIsThere_IsNotThereTwice()
    {
        _curve.Add(Progress(30, 0.9));

        _curve.Points.Count.ShouldBe(3);
    }

    [Fact]
    public void IsTooLong_AfterManyEvents_UntilThePastIsTakenAgain()
    {
        foreach (var step in Enumerable.Range(31, 3 * RunCurve.RecordedPoints))
            _curve.Add(Progress(step, 0.1));
        _curve.IsTooLong.ShouldBeTrue();

        _curve.Take([Point(1000)]);

        _curve.IsTooLong.ShouldBeFalse();
    }

    private static RunCurvePoint Point(long step) => new() { Step = step, Loss = 1.0 / step };

    private static RunEvent Progress(long step, double loss) => new()
    {
        Run = new Run { StepsDone = step, Loss = loss },
        GradientNorm = 2,
        QuartileLosses = { new QuartileLoss { Quartile = 1, Loss = 2 * loss } },
    };
}
