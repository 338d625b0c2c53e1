using Ddpm.Storage.Models;

namespace Ddpm.Denoiser;

/// <summary>ε_θ(x_t, t), whatever the network was trained to predict, with classifier-free guidance. Pure but for the network.</summary>
public static class EpsilonPrediction
{
    /// <summary>Answers all queries from one forward pass.</summary>
    /// <param name="network">Evaluated once.</param>
    /// <param name="queries">At least one.</param>
    /// <param name="spread">As in <see cref="IDenoisingNetwork.Evaluate"/>.</param>
    /// <returns>ε of each query, [C, H, W] row-major; where it is asked for, followed by v, as long.</returns>
    public static float[][] Predict(IDenoisingNetwork network, IReadOnlyList<NoiseQuery> queries, bool spread = false)
    {
        var rows = new List<NetworkRow>(2 * queries.Count);
        foreach (var query in queries)
            AddRows(rows, query, network.Description);
        var outputs = network.Evaluate(rows, spread);

        var predicted = new float[queries.Count][];
        var next = 0;
        for (var i = 0; i < predicted.Length; i++)
        {
            var query = queries[i];
            var conditional = outputs[next++];
            var epsilon = ToEpsilon(conditional, query, network.Description);
            if (query.IsGuided)
                Guide(epsilon, ToEpsilon(outputs[next++], query, network.Description), query.GuidanceScale);
            predicted[i] = query.WithVariance ? [.. epsilon, .. VarianceOf(conditional, network.Description)] : epsilon;
        }
        return predicted;
    }

    /// <summary>The conditional row, then, when guided, the unconditional one.</summary>
    private static void AddRows(List<NetworkRow> rows, NoiseQuery query, NetworkDescription network)
    {
        var conditional = query.GuidanceScale == 0 ? null : query.ClassLabel;
        rows.Add(new NetworkRow(query.X, query.Timestep, conditional ?? network.NullClass));
        if (query.IsGuided)
            rows.Add(new NetworkRow(query.X, query.Timestep, network.NullClass));
    }

    /// <summary>
    /// From v: ε = √ᾱ v + √(1−ᾱ) x_t (Salimans and Ho 2022, appendix D). From x_0: ε = (x_t − √ᾱ x_0) / √(1−ᾱ) (Ho et al. 2020, equation 4).
    /// </summary>
    private static float[] ToEpsilon(float[] output, NoiseQuery query, NetworkDescription network)
    {
        if (network.Prediction == PredictionTarget.Epsilon)
            return output.Length == network.Elements ? output : output[..network.Elements];
        var alphaBar = network.Schedule.AlphaBar(query.Timestep);
        var signal = Math.Sqrt(alphaBar);
        var noise = Math.Sqrt(1 - alphaBar);
        var x = query.X.Span;
        var epsilon = new float[network.Elements];
        if (network.Prediction == PredictionTarget.V)
        {
            for (var i = 0; i < epsilon.Length; i++)
                epsilon[i] = (float)(signal * output[i] + noise * x[i]);
        }
        else
        {
            for (var i = 0; i < epsilon.Length; i++)
                epsilon[i] = (float)((x[i] - signal * output[i]) / noise);
        }
        return epsilon;
    }

    /// <summary>v = (output + 1) / 2, as diffusers and guided-diffusion train it.</summary>
    private static float[] VarianceOf(float[] output, NetworkDescription network) =>
        Array.ConvertAll(output[network.Elements..], value => (float)((value + 1.0) / 2));

    /// <summary>ε̂ = ε(∅) + w (ε(c) − ε(∅)) (Ho and Salimans 2022, with w as 1 + their w).</summary>
    private static void Guide(float[] conditional, float[] unconditional, float scale)
    {
        for (var i = 0; i < conditional.Length; i++)
            conditional[i] = (float)(unconditional[i] + scale * ((double)conditional[i] - unconditional[i]));
    }
}
