namespace Ddpm.Diffusion.Tests.Forward;

public sealed class ForwardProcessTests
{
    private const int Elements = 16;
    private static readonly NoiseSchedule Linear = new(new NoiseScheduleOptions());
    private static readonly long[] Timesteps = Goldens.Schedules.ReadInt64("diffusers.add_noise.t");

    [Fact]
    public void NoiseOf_WhatNetworksPredict_IsTheNoiseThatWasAdded()
    {
        for (var row = 0; row < Timesteps.Length; row++)
        {
            var (clean, noise, noisy) = (Row64("x0", row), Row64("noise", row), Row64("xt", row));
            var velocity = Goldens.Schedules.ReadFloat64("diffusers.velocity.f64").AsSpan(row * Elements, Elements).ToArray();
            var alphaBar = Linear.AlphaBar(Timesteps[row]);
            ForwardProcess.NoiseOfVelocity<double>(noisy, velocity, alphaBar).ShouldBeCloseTo(noise, 1e-12, $"v, t = {Timesteps[row]}");
            ForwardProcess.NoiseOfClean<double>(noisy, clean, alphaBar).ShouldBeCloseTo(noise, 1e-12, $"x_0, t = {Timesteps[row]}");
            ForwardProcess.Denoised<double>(noisy, noise, alphaBar).ShouldBeCloseTo(clean, 1e-12, $"x̂_0, t = {Timesteps[row]}");
        }
    }

    [Fact]
    public void AddNoise_LengthsThatDiffer_AreRefused() =>
        Should.Throw<ArgumentException>(() => ForwardProcess.AddNoise<float>(new float[3], new float[4], 0.5)).Message.ShouldContain("3 and 4");

    private static double[] Row64(string name, int row) =>
        Goldens.Schedules.ReadFloat64($"diffusers.add_noise.{name}.f64").AsSpan(row * Elements, Elements).ToArray();
}
