using Ddpm.Protocol;
using Ddpm.Storage.Models;
using Ddpm.V1;
using Google.Protobuf;

namespace Ddpm.Denoiser.Tests.Fuzzing;

/// <summary>The contract's <c>DenoiserService</c> for the fuzz: valid requests of every kind that its networks take.</summary>
internal static class DenoiserFuzzing
{
    /// <summary>Of the small network's images.</summary>
    public const int SmallSide = 8;

    public static FuzzedService Service(StoredVersion golden, StoredVersion conditional, StoredVersion labelled, StoredVersion small)
    {
        var requests = Requests(golden, conditional, labelled, small).ToList();
        var seeds = requests.Select(request => (nameof(DenoiserService.DenoiserServiceClient.PredictNoise), new Seed(request)))
            .Concat(requests.Select(request => (
                nameof(DenoiserService.DenoiserServiceClient.PredictNoiseStream), new Seed(new PredictNoiseStreamRequest { Request = request }))))
            // Of the small network alone: a product takes Torch some ten times as long as ε, and one of another network is loaded first.
            .Concat(requests.Where(request => request.Model == small.Model).Select(request => (
                nameof(DenoiserService.DenoiserServiceClient.PredictNoiseProduct),
                new Seed(new PredictNoiseProductRequest { Request = request, Vectors = { request.Rows.Select(row => row.X) } }))))
            .Append((
                nameof(DenoiserService.DenoiserServiceClient.PredictNoiseStream),
                new Seed(new PredictNoiseStreamRequest { Cancel = new CancelPrediction() }, IsConstant: false)));
        return new FuzzedService(
            DenoiserService.Descriptor,
            seeds.ToLookup(seed => seed.Item1, seed => seed.Item2),
            new Dictionary<string, StreamMatching>
            {
                [nameof(DenoiserService.DenoiserServiceClient.PredictNoiseStream)] =
                    new StreamMatching<PredictNoiseStreamRequest, PredictNoiseStreamResponse>(
                        request => request.Cancel is null,
                        request => request.Id,
                        (request, id) => request.Id = id,
                        answer => answer.Id,
                        (answer, id) => answer.Id = id,
                        answer => answer.Error is { } error ? Google.Rpc.Status.Parser.ParseFrom(error.ToByteArray()) : null)
                    { SameAs = nameof(DenoiserService.DenoiserServiceClient.PredictNoise) },
            });
    }

    private static IEnumerable<PredictNoiseRequest> Requests(StoredVersion golden, StoredVersion conditional, StoredVersion labelled, StoredVersion small)
    {
        NoiseRow Row(int row, int? label = null, float? guidance = null)
        {
            var made = Golden.Instance.Row(row);
            if (label is not null)
                made.ClassLabel = label.Value;
            if (guidance is not null)
                made.GuidanceScale = guidance.Value;
            return made;
        }

        yield return DenoiserHost.Request(golden, Row(0));
        yield return DenoiserHost.Request(golden, Row(1), Row(2), Row(0));
        yield return DenoiserHost.Request(golden, Narrow(Row(1)));
        yield return DenoiserHost.Request(conditional, Row(0));
        yield return DenoiserHost.Request(conditional, Row(1, label: 2));
        yield return DenoiserHost.Request(conditional, Row(2, label: 1, guidance: 3), Row(0, label: 0, guidance: 0));
        yield return DenoiserHost.Request(labelled, Row(0, label: 1));
        yield return DenoiserHost.Request(small, Small(Row(0)));
        yield return DenoiserHost.Request(small, Small(Row(1, label: 2)), Small(Row(2, label: 0, guidance: 0)));
        var withVariance = DenoiserHost.Request(small, Small(Row(2, label: 1, guidance: 3)));
        withVariance.WithVariance = true;
        yield return withVariance;
    }

    /// <summary>Its first 8×8 pixels.</summary>
    private static NoiseRow Small(NoiseRow row)
    {
        row.X = TensorCodec.Encode(TensorCodec.Decode(row.X).AsMemory(0, SmallSide * SmallSide), [1, SmallSide, SmallSide]);
        return row;
    }

    private static NoiseRow Narrow(NoiseRow row)
    {
        var halves = TensorCodec.Decode(row.X).SelectMany(value => BitConverter.GetBytes((Half)value));
        row.X.DataType = DataType.F16;
        row.X.Data = ByteString.CopyFrom([.. halves]);
        return row;
    }
}
