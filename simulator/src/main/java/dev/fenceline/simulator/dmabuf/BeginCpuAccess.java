package dev.fenceline.simulator.dmabuf;

import dev.fenceline.event.CpuAccessOrigin;
import dev.fenceline.event.DmaBufBeginCpuAccess;
import dev.fenceline.event.DmaBufEndCpuAccess;
import dev.fenceline.event.DmaDirection;
import dev.fenceline.event.Usage;
import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.fence.ResvWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Path;

/** dma-buf.c:dma_buf_begin_cpu_access, without the reservation: waits for writers before reads, and for all before writes. */
public final class BeginCpuAccess extends Call {
    /** Who is about to read says that it is about to write (rule A-D09). */
    public static final Deviation TURNS_DIRECTION = new Deviation("bracket-has-the-other-direction");

    /** It is called with the reservation held (rule A-D04). */
    public static final Deviation UNDER_LOCK = new Deviation("cpu-access-begins-under-the-reservation");

    private static final Path<BeginCpuAccess> PATH = Path.<BeginCpuAccess>named("dma_buf_begin_cpu_access")
            .call(begin -> new ResvWait(begin.bracket.dmabuf.resv(), begin.bracket.usage()))
            .run(begin -> begin.locks = begin.kernel().deviates(UNDER_LOCK))
            .call(begin -> begin.locks ? new LockResv(begin.bracket.dmabuf.resv()) : null)
            .run(begin -> begin.bracket.begin())
            .when(
                    begin -> begin.locks,
                    unlock -> unlock.run(
                            begin -> begin.bracket.dmabuf.resv().lock().release(begin.task())))
            .end();

    /** The accesses between a begin and its end. */
    public static final class Bracket {
        private final DmaBuf dmabuf;
        private final CpuAccessOrigin from;
        private DmaDirection direction;

        /**
         * A bracket that is not open yet.
         *
         * @param direction which way data goes, as the device sees it: FROM it for reads of the CPU
         */
        public Bracket(DmaBuf dmabuf, DmaDirection direction, CpuAccessOrigin from) {
            this.dmabuf = dmabuf;
            this.direction = direction;
            this.from = from;
        }

        private Usage usage() {
            return direction == DmaDirection.FROM ? Usage.WRITE : Usage.READ;
        }

        private void begin() {
            if (direction == DmaDirection.FROM && dmabuf.kernel().deviates(TURNS_DIRECTION)) {
                direction = DmaDirection.TO;
            }
            dmabuf.kernel()
                    .emit(DmaBufBeginCpuAccess.builder()
                            .dmabuf(dmabuf.id())
                            .direction(direction)
                            .from(from)
                            .result(0));
        }

        /** {@code dma_buf_end_cpu_access}. */
        public void end() {
            dmabuf.kernel()
                    .emit(DmaBufEndCpuAccess.builder()
                            .dmabuf(dmabuf.id())
                            .direction(direction)
                            .from(from)
                            .result(0));
        }
    }

    private final Bracket bracket;
    private boolean locks;

    /** Opens {@code bracket}. */
    public BeginCpuAccess(Bracket bracket) {
        this.bracket = bracket;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
