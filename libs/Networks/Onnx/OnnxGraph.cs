using System.Runtime.InteropServices;
using Ddpm.Networks.Onnx.Format;
using Google.Protobuf;

namespace Ddpm.Networks.Onnx;

/// <summary>A graph of ONNX being written, node after node. Values are known by their names.</summary>
internal sealed class OnnxGraph
{
    /// <summary>Operators of ONNX Runtime that are not ONNX's own.</summary>
    public const string Microsoft = "com.microsoft";

    /// <summary>First opset in which all operators used here are as they are used; readers since 2022 know it.</summary>
    private const int Opset = 17;

    private const int IrVersion = 8;

    private readonly GraphProto _graph = new();
    private readonly HashSet<string> _constants = [];
    private readonly HashSet<string> _domains = [];
    private readonly Stack<string> _scopes = new();

    /// <param name="name">Of the network, for people.</param>
    public OnnxGraph(string name) => _graph.Name = name;

    /// <summary>Declares an input of a batch.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">Type of its elements.</param>
    /// <param name="extents">Its shape after the batch.</param>
    public string Input(string name, TensorProto.Types.DataType type, params ReadOnlySpan<int> extents)
    {
        _graph.Input.Add(Describe(name, type, extents));
        return name;
    }

    /// <summary>Declares that a value is an output, float32, of a batch.</summary>
    /// <param name="name">What it is called outside.</param>
    /// <param name="value">The value.</param>
    /// <param name="extents">Its shape after the batch.</param>
    public void Output(string name, string value, params ReadOnlySpan<int> extents)
    {
        _graph.Node.Add(new NodeProto { OpType = "Identity", Name = name, Input = { value }, Output = { name } });
        _graph.Output.Add(Describe(name, TensorProto.Types.DataType.Float, extents));
    }

    /// <summary>Names the nodes that are added until it is disposed after a part of the network.</summary>
    public Scope Within(string part)
    {
        _scopes.Push(_scopes.TryPeek(out var outer) ? $"{outer}.{part}" : part);
        return new Scope(_scopes);
    }

    /// <summary>Adds a constant, once for each name.</summary>
    public string Constant(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape) =>
        Constant(name, TensorProto.Types.DataType.Float, MemoryMarshal.AsBytes(values), shape);

    /// <summary>A single number.</summary>
    public string Number(double value) => Constant(FormattableString.Invariant($"number {value:R}"), [(float)value], []);

    /// <summary>A vector of integers: a shape, axes, lengths.</summary>
    public string Integers(params ReadOnlySpan<long> values) =>
        Constant($"integers {string.Join(' ', values.ToArray())}", TensorProto.Types.DataType.Int64, MemoryMarshal.AsBytes(values), values.Length);

    /// <summary>Adds a node with one output and answers its name.</summary>
    /// <param name="operation">Operator; one of ONNX Runtime's own as <c>com.microsoft.Name</c>.</param>
    /// <param name="inputs">Values it reads; empty: an optional one that is left out.</param>
    /// <param name="attributes">See <see cref="OnnxAttribute"/>.</param>
    public string Add(string operation, ReadOnlySpan<string> inputs, params ReadOnlySpan<AttributeProto> attributes) =>
        Add(operation, 1, inputs, attributes)[0];

    /// <summary>Adds a node with several outputs and answers their names.</summary>
    public string[] Add(string operation, int outputs, ReadOnlySpan<string> inputs, params ReadOnlySpan<AttributeProto> attributes)
    {
        var domain = operation.StartsWith(Microsoft, StringComparison.Ordinal) ? Microsoft : "";
        _domains.Add(domain);
        var type = domain.Length == 0 ? operation : operation[(domain.Length + 1)..];
        var name = $"{(_scopes.TryPeek(out var scope) ? scope : _graph.Name)}/{type}_{_graph.Node.Count}";
        var node = new NodeProto { OpType = type, Domain = domain, Name = name };
        foreach (var input in inputs)
            node.Input.Add(input);
        foreach (var attribute in attributes)
            node.Attribute.Add(attribute);
        node.Output.AddRange(Enumerable.Range(0, outputs).Select(i => outputs == 1 ? name : $"{name}:{i}"));
        _graph.Node.Add(node);
        return [.. node.Output];
    }

    /// <summary>The graph as a model.</summary>
    /// <param name="metadata">Kept with it, for people and programs.</param>
    public ModelProto ToModel(IReadOnlyDictionary<string, string>? metadata = null)
    {
        var model = new ModelProto { IrVersion = IrVersion, ProducerName = "ddpm", Graph = _graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = Opset });
        if (_domains.Contains(Microsoft))
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = Microsoft, Version = 1 });
        model.MetadataProps.AddRange((metadata ?? new Dictionary<string, string>()).Select(pair => new StringStringEntryProto { Key = pair.Key, Value = pair.Value }));
        return model;
    }

    private string Constant(string name, TensorProto.Types.DataType type, ReadOnlySpan<byte> bytes, params ReadOnlySpan<long> shape)
    {
        if (!_constants.Add(name))
            return name;
        var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
        foreach (var extent in shape)
            tensor.Dims.Add(extent);
        _graph.Initializer.Add(tensor);
        return name;
    }

    private static ValueInfoProto Describe(string name, TensorProto.Types.DataType type, ReadOnlySpan<int> extents)
    {
        var shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimParam = "batch" } } };
        foreach (var extent in extents)
            shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = extent });
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } } };
    }

    /// <summary>Ends a part of the network.</summary>
    public readonly struct Scope(Stack<string> scopes) : IDisposable
    {
        public void Dispose() => scopes.Pop();
    }
}
