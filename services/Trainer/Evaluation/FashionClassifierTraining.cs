using Ddpm.Safetensors;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

/// <summary>
/// Trains the classifier and writes its weights. The recipe on the same machine gives the same weights, as long as nothing else in the process
/// draws from Torch's global generator meanwhile.
/// </summary>
public static class FashionClassifierTraining
{
    /// <summary>Trains on labelled images and writes the weights, aside first, then renamed.</summary>
    /// <param name="recipe">How.</param>
    /// <param name="images">Bytes [n, 1, 28, 28], uint8.</param>
    /// <param name="labels">[n], int64, 0 … 9.</param>
    /// <param name="path">The safetensors file to write.</param>
    /// <param name="onEpoch">Is told the number of the pass, from 1, and its mean cross entropy.</param>
    /// <exception cref="IOException">It could not be written.</exception>
    public static void Run(FashionClassifierRecipe recipe, Tensor images, Tensor labels, string path, Action<int, double>? onEpoch = null)
    {
        random.manual_seed(recipe.Seed);
        using var generator = new Generator((ulong)recipe.Seed);
        using var network = new FashionClassifierNetwork(recipe.Dropout);
        using var adam = optim.Adam(network.parameters(), recipe.LearningRate);
        var batches = (int)(images.shape[0] / recipe.BatchSize);
        for (var epoch = 0; epoch < recipe.Epochs; epoch++)
        {
            using var order = randperm(images.shape[0], generator: generator);
            var loss = 0.0;
            for (var batch = 0; batch < batches; batch++)
            {
                using var scope = NewDisposeScope();
                var progress = (epoch * batches + batch + 0.5) / (recipe.Epochs * batches);
                foreach (var group in adam.ParamGroups)
                    group.LearningRate = recipe.LearningRate * Pace(progress);
                var rows = order.narrow(0, batch * recipe.BatchSize, recipe.BatchSize);
                var (_, logits) = network.forward(Shifted(images.index_select(0, rows), recipe.Shift, generator));
                var crossEntropy = nn.functional.cross_entropy(logits, labels.index_select(0, rows));
                adam.zero_grad();
                crossEntropy.backward();
                adam.step();
                loss += crossEntropy.item<float>() / batches;
            }
            onEpoch?.Invoke(epoch + 1, loss);
        }
        Write(network, path);
    }

    private static double Pace(double progress) =>
        progress < 0.1 ? progress / 0.1 : 0.5 * (1 + Math.Cos(Math.PI * (progress - 0.1) / 0.9));

    private static Tensor Shifted(Tensor images, int shift, Generator generator)
    {
        if (shift == 0)
            return images;
        var (height, width) = (images.shape[2], images.shape[3]);
        var corner = randint(0, 2 * shift + 1, [2], dtype: int64, generator: generator).data<long>();
        return nn.functional.pad(images, [shift, shift, shift, shift]).narrow(2, corner[0], height).narrow(3, corner[1], width);
    }

    private static void Write(FashionClassifierNetwork network, string path)
    {
        var writer = new SafetensorsWriter { Metadata = { ["format"] = "pt" } };
        foreach (var (name, parameter) in network.named_parameters())
        {
            using var values = parameter.detach().contiguous();
            writer.Add(name, values.data<float>().ToArray(), values.shape);
        }
        writer.Write(path);
    }
}
