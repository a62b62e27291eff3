package dev.fenceline.simulator.ttm;

import dev.fenceline.event.BoCreate;
import dev.fenceline.event.BoMove;
import dev.fenceline.event.BoMoveBegin;
import dev.fenceline.event.BoMoveCommit;
import dev.fenceline.event.BoType;
import dev.fenceline.event.MoveKind;
import dev.fenceline.event.Placement;
import dev.fenceline.simulator.dmabuf.AttachDmaBuf;
import dev.fenceline.simulator.dmabuf.DmaBuf;
import dev.fenceline.simulator.dmabuf.Importer;
import dev.fenceline.simulator.dmabuf.MapAttachment;
import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * drm_prime.c:drm_gem_prime_fd_to_handle for a buffer of another device: a BO without memory of its own, whose reservation is the
 * exporter's and whose pages are reached through an attachment.
 */
public final class ImportBo extends Call {
    private static final Path<ImportBo> PATH = Path.<ImportBo>named("drm_gem_prime_fd_to_handle")
            .run(ImportBo::create)
            .call(call -> call.attach.set(AttachDmaBuf.dynamically(
                    call.dmabuf,
                    call.device.id(),
                    Importer.PINNING,
                    false,
                    call.bo().id())))
            .run(ImportBo::attached)
            .call(call -> new LockResv(call.bo().resv()))
            .run(ImportBo::beginMove)
            .call(call -> call.bo().imported().pin())
            .call(call -> call.map.set(call.bo().imported().map()))
            .run(ImportBo::move)
            .run(call -> call.bo().resv().lock().release(call.task()))
            .end();

    private final TtmDevice device;
    private final DmaBuf dmabuf;
    private final long client;
    private final Local<AttachDmaBuf> attach = new Local<>();
    private final Local<MapAttachment> map = new Local<>();
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

    private void create() {
        dmabuf.getByFd();
        Bo created = Bo.imported(device, dmabuf.bytes(), dmabuf.resv(), client);
        bo = created;
        kernel().emit(BoCreate.builder()
                .bo(created.id())
                .device(device.id())
                .client(client)
                .size(created.bytes())
                .placement(Placement.SYSTEM)
                .resv(dmabuf.resv().id())
                .type(BoType.SG)
                .flags("")
                .populated(false));
        kernel().enrol(created);
    }

    private void attached() {
        bo().setImported(new ImportedPages(attach.get().attachment(), device, bo().id()));
    }

    private void beginMove() {
        Bo created = bo();
        kernel().emit(BoMoveBegin.builder()
                .bo(created.id())
                .from(Placement.SYSTEM)
                .to(Placement.TT)
                .evict(false)
                .hop(false));
    }

    private void move() {
        Bo created = bo();
        Resource pages = new Resource(kernel(), created.id(), Placement.TT, List.of(), false);
        created.imported().populate(map.get().table());
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
