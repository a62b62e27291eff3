package dev.fenceline.simulator.ttm;

import dev.fenceline.event.BoMmap;
import dev.fenceline.event.BoMunmap;
import dev.fenceline.event.CpuPteInsert;
import dev.fenceline.event.CpuPteZap;
import dev.fenceline.event.Placement;
import dev.fenceline.event.ZapReason;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Facts;
import dev.fenceline.simulator.mm.Mm;
import java.util.BitSet;
import java.util.stream.LongStream;

/** A {@code vm_area_struct} through which a process sees a BO. It holds a reference, whatever becomes of the process's handle. */
public final class CpuVma implements Census.Member {
    private final Bo bo;
    private final Mm mm;
    private final long client;
    private final long id;
    private final long address;
    private final BitSet ptes = new BitSet();
    private boolean dummy;

    /** {@code drm_gem_mmap} of all of {@code bo} at {@code address}, which {@code client} may. */
    public CpuVma(Bo bo, Mm mm, long client, long address) {
        this.bo = bo.get();
        this.mm = mm;
        this.client = client;
        this.id = bo.device().kernel().newId();
        this.address = address;
        bo.device()
                .kernel()
                .emit(BoMmap.builder()
                        .bo(bo.id())
                        .client(client)
                        .mm(mm.id())
                        .address(address)
                        .length(bo.bytes())
                        .result(0));
        bo.cpuVmas().add(this);
        bo.device().add(this);
        bo.device().kernel().enrol(this);
    }

    public Bo bo() {
        return bo;
    }

    /** The address space it is in. */
    public Mm mm() {
        return mm;
    }

    /** The client through whose file it was mapped. */
    public long client() {
        return client;
    }

    /** Whether the process has it still. */
    public boolean isMapped() {
        return bo.cpuVmas().contains(this);
    }

    long id() {
        return id;
    }

    boolean hasPtes() {
        return !ptes.isEmpty();
    }

    boolean shows(long page) {
        return dummy || ptes.get((int) page);
    }

    void forgetPtes() {
        ptes.clear();
    }

    /** Has the CPU see page number {@code page} of the BO where it lies now. */
    void insertPte(long page) {
        ptes.set((int) page);
        CpuPteInsert.Builder event = CpuPteInsert.builder()
                .bo(bo.id())
                .vma(id)
                .write(true)
                .device(bo.device().id())
                .by(bo.device().id());
        Resource resource = bo.resource();
        Tt pages = bo.tt();
        if (resource != null && bo.placement() == Placement.VRAM) {
            event.vramPage(resource.vramPage(page));
        } else if (pages != null) {
            event.page(pages.page(page));
        }
        bo.device().kernel().emit(event);
    }

    /** Whether it shows a page of its own, and nothing of the BO. */
    boolean isDummy() {
        return dummy;
    }

    /** {@code ttm_bo_vm_dummy_page}: one page of zeroes at every address; the first of the entries stands for all. */
    void showDummy() {
        dummy = true;
        bo.device()
                .kernel()
                .emit(CpuPteInsert.builder()
                        .bo(bo.id())
                        .vma(id)
                        .page(bo.device().kernel().newId())
                        .dummy(true)
                        .write(true)
                        .by(bo.device().id()));
    }

    /** Tells of the entries that they show the BO where it lies now. */
    @Override
    public void tell(Facts facts) {
        facts.of("cpu_map", bo.id() + "/" + client + "/" + address).with("end", address + bo.bytes());
        if (hasPtes()) {
            facts.of("cpu_pte", bo.id() + "/" + id)
                    .with("vram", bo.placement() == Placement.VRAM)
                    .with("pages", shownPages().boxed().toList());
        }
    }

    private LongStream shownPages() {
        Resource resource = bo.resource();
        Tt pages = bo.tt();
        if (resource != null && bo.placement() == Placement.VRAM) {
            return ptes.stream().mapToLong(resource::vramPage);
        }
        return pages == null ? LongStream.empty() : ptes.stream().mapToLong(pages::page);
    }

    /** {@code munmap}: the last thing the process does with it. */
    public void unmap() {
        if (hasPtes()) {
            forgetPtes();
            bo.device()
                    .kernel()
                    .emit(CpuPteZap.builder()
                            .bo(bo.id())
                            .vma(id)
                            .device(bo.device().id())
                            .reason(ZapReason.EXIT));
        }
        bo.cpuVmas().remove(this);
        bo.device().remove(this);
        bo.device().kernel().strike(this);
        bo.device()
                .kernel()
                .emit(BoMunmap.builder()
                        .bo(bo.id())
                        .client(client)
                        .mm(mm.id())
                        .address(address)
                        .length(bo.bytes())
                        .result(0));
        bo.put();
    }
}
