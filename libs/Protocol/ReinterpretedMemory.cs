using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Ddpm.Protocol;

/// <summary>Memory of one type seen as memory of another, where it lies: numbers as the bytes of a message, and back. It must not change meanwhile.</summary>
internal sealed class ReinterpretedMemory<TFrom, TTo>(ReadOnlyMemory<TFrom> memory) : MemoryManager<TTo>
    where TFrom : unmanaged
    where TTo : unmanaged
{
    // All pin the same object, so that whichever is freed is as good as another.
    private readonly ConcurrentStack<MemoryHandle> _pins = [];

    public override Span<TTo> GetSpan() => MemoryMarshal.Cast<TFrom, TTo>(MemoryMarshal.AsMemory(memory).Span);

    public override unsafe MemoryHandle Pin(int elementIndex = 0)
    {
        var pin = memory.Pin();
        _pins.Push(pin);
        return new MemoryHandle((TTo*)pin.Pointer + elementIndex, pinnable: this);
    }

    public override void Unpin()
    {
        if (_pins.TryPop(out var pin))
            pin.Dispose();
    }

    protected override void Dispose(bool disposing)
    {
        // The memory belongs to whoever made it.
    }
}
