package dev.fenceline.simulator.ttm;

import dev.fenceline.event.BoCreate;
import dev.fenceline.event.BoMove;
import dev.fenceline.event.BoMoveBegin;
import dev.fenceline.event.BoMoveCommit;
import dev.fenceline.event.BoType;
import dev.fenceline.event.MoveKind;
import dev.fenceline.event.Placement;
import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * drm_prime.c:drm_gem_prime_fd_to_handle for a buffer of another device: a BO without memory of its own, whose reservation is the
 * exporter's and whose pages are reached through an attachment.
 */
public final class ImportBo extends Call {
    private static final Path<ImportBo> PATH = Path.<ImportBo>named("drm_gem_prime_fd_to_handle")
            .run(ImportBo::attach)
            .call(call -> new LockResv(call.bo().resv()))
            .run(ImportBo::map)
            .run(call -> call.bo().resv().lock().release(call.task()))
            .end();

    private final TtmDevice device;
    private final DmaBuf dmabuf;
    private final long client;
    private @Nullable Bo bo;

    /** Imports {@code dmabuf} into {@code device} for {@code client}. */
    public ImportBo(TtmDevice device, DmaBuf dmabuf, long client) {
        this.device = device;
        this.dmabuf = dmabuf;
        this.client = client;
    }

    /** The BO, one reference to which is the caller's. */
    public Bo bo() {
        if (bo == null) {
            throw new IllegalStateException("nothing is imported yet");
        }
        return bo;
    }

    private void attach() {
        dmabuf.getByFd();
        Bo exported = dmabuf.bo();
        Bo created = Bo.imported(device, exported, client);
        bo = created;
        kernel().emit(BoCreate.builder()
                .bo(created.id())
                .device(device.id())
                .client(client)
                .size(created.bytes())
                .placement(Placement.SYSTEM)
                .resv(exported.resv().id())
                .type(BoType.SG)
                .flags("")
                .populated(false));
        kernel().enrol(created);
        created.setAttachment(new Attachment(dmabuf, device, created.id()));
    }

    private void map() {
        Bo created = bo();
        kernel().emit(BoMoveBegin.builder()
                .bo(created.id())
                .from(Placement.SYSTEM)
                .to(Placement.TT)
                .evict(false)
                .hop(false));
        Resource pages = new Resource(kernel(), created.id(), Placement.TT, List.of(), false);
        created.attachment().map();
        kernel().emit(BoMove.builder()
                .bo(created.id())
                .from(Placement.SYSTEM)
                .to(Placement.TT)
                .size(created.bytes())
                .evict(false)
                .kind(MoveKind.NULL)
                .lacksSource(false));
        created.assign(pages);
        kernel().emit(BoMoveCommit.builder().bo(created.id()).to(Placement.TT).temporary(false));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
