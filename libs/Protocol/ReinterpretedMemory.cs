using System.Buffers;
using System.Runtime.InteropServices;

namespace Ddpm.Protocol;

/// <summary>Memory of one type seen as memory of another, where it lies: numbers as the bytes of a message, and back. It must not change meanwhile.</summary>
internal sealed class ReinterpretedMemory<TFrom, TTo>(ReadOnlyMemory<TFrom> memory) : MemoryManager<TTo>
    where TFrom : unmanaged
    where TTo : unmanaged
{
    public override Span<TTo> GetSpan() => MemoryMarshal.Cast<TFrom, TTo>(MemoryMarshal.AsMemory(memory).Span);

    public override unsafe MemoryHandle Pin(int elementIndex = 0)
    {
        var pinned = memory.Pin();
        return new MemoryHandle((TTo*)pinned.Pointer + elementIndex, pinnable: new Unpinning(pinned));
    }

    public override void Unpin()
    {
        // Each handle frees its own pin.
    }

    protected override void Dispose(bool disposing)
    {
        // The memory belongs to whoever made it.
    }

    private sealed class Unpinning(MemoryHandle pinned) : IPinnable
    {
        private MemoryHandle _pinned = pinned;

        public MemoryHandle Pin(int elementIndex) => throw new NotSupportedException();

        public void Unpin() => _pinned.Dispose();
    }
}
