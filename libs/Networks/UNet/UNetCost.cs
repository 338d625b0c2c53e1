namespace Ddpm.Networks;

/// <summary>The arithmetic of a U-Net: products of convolutions, linear layers and attention, each with the addition that takes it in.</summary>
public static class UNetCost
{
    /// <summary>
    /// Floating-point operations of one evaluation of one image as the architecture is written down, two for each product; an engine may get along with
    /// fewer. Normalisations and activations, less than one in a hundred, are not counted.
    /// </summary>
    /// <exception cref="ArgumentException">The configuration does not say how large the images are.</exception>
    public static long FloatingPointOperations(UNetConfig config)
    {
        var size = config.SampleSize ?? throw new ArgumentException("The configuration has no sample_size.", nameof(config));
        return 2 * new Products(config).Of(size);
    }

    /// <summary>Counts by walking through the network as <see cref="UNet2DModel"/> is put together.</summary>
    private sealed class Products(UNetConfig config)
    {
        private long _count;

        public long Of(SampleSize size)
        {
            var channels = config.BlockOutChannels;
            Linear(channels[0], config.TimeEmbedDim);
            Linear(config.TimeEmbedDim, config.TimeEmbedDim);
            Convolution(config.InChannels, channels[0], 3, size);
            var skips = new Stack<int>([channels[0]]);
            var current = channels[0];
            for (var i = 0; i < channels.Count; i++)
            {
                for (var layer = 0; layer < config.LayersPerBlock; layer++)
                {
                    Residual(current, channels[i], size);
                    current = channels[i];
                    if (config.DownBlockTypes[i] == "AttnDownBlock2D")
                        Attention(current, size);
                    skips.Push(current);
                }
                if (i == channels.Count - 1)
                    break;
                size = new SampleSize(size.Height / 2, size.Width / 2);
                Convolution(current, current, 3, size);
                skips.Push(current);
            }
            Residual(current, current, size);
            if (config.AddAttention)
                Attention(current, size);
            Residual(current, current, size);
            for (var i = 0; i < channels.Count; i++)
            {
                var outputs = channels[channels.Count - 1 - i];
                for (var layer = 0; layer <= config.LayersPerBlock; layer++)
                {
                    Residual(current + skips.Pop(), outputs, size);
                    current = outputs;
                    if (config.UpBlockTypes[i] == "AttnUpBlock2D")
                        Attention(current, size);
                }
                if (i == channels.Count - 1)
                    break;
                size = new SampleSize(size.Height * 2, size.Width * 2);
                Convolution(current, current, 3, size);
            }
            Convolution(current, config.OutChannels, 3, size);
            return _count;
        }

        private void Residual(int inputs, int outputs, SampleSize size)
        {
            Convolution(inputs, outputs, 3, size);
            Linear(config.TimeEmbedDim, config.ResnetTimeScaleShift == UNetConfig.ScaleShift ? 2 * outputs : outputs);
            Convolution(outputs, outputs, 3, size);
            if (inputs != outputs)
                Convolution(inputs, outputs, 1, size);
        }

        private void Attention(int channels, SampleSize size)
        {
            long positions = size.Height * size.Width;
            // Query, key, value and output; then scores and the sums that they weigh.
            _count += 4 * positions * channels * channels + 2 * positions * positions * channels;
            if (config.AttentionTimeEmbedding)
                Linear(config.TimeEmbedDim, channels);
        }

        private void Convolution(int inputs, int outputs, int kernel, SampleSize size) =>
            _count += (long)inputs * outputs * kernel * kernel * size.Height * size.Width;

        private void Linear(int inputs, int outputs) => _count += (long)inputs * outputs;
    }
}
