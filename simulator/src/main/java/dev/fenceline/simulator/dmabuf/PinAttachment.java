package dev.fenceline.simulator.dmabuf;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;

/** dma-buf.c:dma_buf_pin, under the reservation: the memory comes to where the device reaches it, and stays there. */
public final class PinAttachment extends Call {
    private static final Path<PinAttachment> PATH = Path.<PinAttachment>named("dma_buf_pin")
            .call(pin -> pin.attachment.dmabuf().exporter().reach(pin.attachment))
            .run(pin -> pin.attachment.pin())
            .end();

    private final Attachment attachment;

    /** Pins for {@code attachment}, which has to be dynamic. */
    public PinAttachment(Attachment attachment) {
        this.attachment = attachment;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
