using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Ddpm.Denoiser.Tests.Fuzzing;

/// <summary>Changes one thing somewhere in a message. It knows no message but by its descriptor, so that fields of later are changed too.</summary>
internal sealed class MessageMutation(Random random, ScalarValues scalars)
{
    /// <returns>What was changed, for people.</returns>
    public string Apply(IMessage message)
    {
        var fields = message.Descriptor.Fields.InDeclarationOrder();
        if (fields.Count == 0)
            return "nothing, it has no fields";
        var field = fields[random.Next(fields.Count)];
        return field switch
        {
            { IsMap: true } => OfMap(field, (IDictionary)field.Accessor.GetValue(message)),
            { IsRepeated: true } => OfList(field, (IList)field.Accessor.GetValue(message)),
            { FieldType: FieldType.Message } => OfMessage(field, message),
            _ => OfScalar(field, message),
        };
    }

    private string OfScalar(FieldDescriptor field, IMessage message)
    {
        if (random.Next(8) == 0)
        {
            field.Accessor.Clear(message);
            return $"{field.Name} cleared";
        }
        var value = scalars.Next(field, field.Accessor.GetValue(message));
        field.Accessor.SetValue(message, value);
        return $"{field.Name} set";
    }

    private string OfMessage(FieldDescriptor field, IMessage message)
    {
        var inner = (IMessage?)field.Accessor.GetValue(message);
        if (inner is not null && random.Next(8) > 0)
            return $"{field.Name}.{Apply(inner)}";
        if (inner is not null)
            field.Accessor.Clear(message);
        else
            field.Accessor.SetValue(message, Made(field.MessageType));
        return $"{field.Name} {(inner is null ? "made" : "cleared")}";
    }

    private string OfList(FieldDescriptor field, IList list)
    {
        if (field.FieldType == FieldType.Message && list.Count > 0 && random.Next(8) > 1)
        {
            var item = random.Next(list.Count);
            return $"{field.Name}[{item}].{Apply((IMessage)list[item]!)}";
        }
        switch (random.Next(7))
        {
            case 0 when list.Count > 0:
                list.Clear();
                return $"{field.Name} emptied";
            case 1 when list.Count > 0:
                list.RemoveAt(random.Next(list.Count));
                return $"{field.Name}: one removed";
            case 2 when list.Count > 1:
                var (a, b) = (random.Next(list.Count), random.Next(list.Count));
                (list[a], list[b]) = (list[b], list[a]);
                return $"{field.Name}: two swapped";
            case 3 when list.Count > 0:
                // Seldom thousands: they are what a request of the greatest cost is made of.
                var copies = random.Next(50) == 0 ? random.Next(2000) : random.Next(1, 8);
                var original = list[random.Next(list.Count)];
                for (var i = 0; i < copies; i++)
                    list.Insert(random.Next(list.Count), original);
                return $"{field.Name}: {copies} copies";
            case 4:
                var count = random.Next(20) == 0 ? random.Next(5000) : 1;
                for (var i = 0; i < count; i++)
                    list.Add(Item(field, null));
                return $"{field.Name}: {count} more";
            default:
                if (list.Count == 0 || field.FieldType == FieldType.Message)
                {
                    list.Add(Item(field, null));
                    return $"{field.Name}: one more";
                }
                var changed = random.Next(list.Count);
                list[changed] = Item(field, list[changed]);
                return $"{field.Name}[{changed}] set";
        }
    }

    private string OfMap(FieldDescriptor field, IDictionary map)
    {
        var (key, value) = (field.MessageType.FindFieldByNumber(1), field.MessageType.FindFieldByNumber(2));
        if (map.Count > 0 && random.Next(3) == 0)
        {
            map.Clear();
            return $"{field.Name} emptied";
        }
        var name = scalars.Next(key, null);
        map[name] = Item(value, null);
        return $"{field.Name}[{name}] set";
    }

    private object Item(FieldDescriptor field, object? present) =>
        field.FieldType == FieldType.Message ? Made(field.MessageType) : scalars.Next(field, present);

    private IMessage Made(MessageDescriptor type)
    {
        var message = type.Parser.ParseFrom(ReadOnlySpan<byte>.Empty.ToArray());
        for (var changes = random.Next(4); changes > 0; changes--)
            Apply(message);
        return message;
    }
}
