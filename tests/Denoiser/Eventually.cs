namespace Ddpm.Denoiser.Tests;

internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Waits until a condition holds.</summary>
    public static async Task HoldsAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await condition())
            await Task.Delay(TimeSpan.FromMilliseconds(5), patience.Token);
    }

    public static Task HoldsAsync(Func<bool> condition) => HoldsAsync(() => Task.FromResult(condition()));

    public static Task WithinPatienceAsync(this Task task) => task.WaitAsync(Patience);

    public static Task<T> WithinPatienceAsync<T>(this Task<T> task) => task.WaitAsync(Patience);
}
