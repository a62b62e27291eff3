package dev.fenceline.analytics.state;

import dev.fenceline.event.BoType;
import dev.fenceline.event.Event;
import dev.fenceline.simulator.kernel.Facts;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** What the fold believes of the objects that exist, in the form in which the model tells it. */
final class FoldFacts {
    private final KernelState state;
    private final Facts facts = new Facts();

    private FoldFacts(KernelState state) {
        this.state = state;
    }

    /** The account that {@code state} gives. */
    static Facts of(KernelState state) {
        FoldFacts account = new FoldFacts(state);
        account.tellDevices();
        account.tellBos();
        account.tellFences();
        account.tellReservations();
        account.tellLocks();
        account.tellSpaces();
        account.tellNotifiers();
        account.tellSvmRanges();
        account.tellJobs();
        account.tellSyncObjects();
        account.tellGrants();
        account.tellCpuMappings();
        account.tellUserQueues();
        account.tellDmaBufs();
        return account.facts;
    }

    private static <T extends KernelObject> void each(ObjectTable<T> table, Consumer<T> visitor) {
        for (long id : table.ids()) {
            visitor.accept(Objects.requireNonNull(table.get(id)));
        }
    }

    private void tellUserQueues() {
        each(
                state.userQueues().queues,
                queue -> facts.of("userq", queue.id)
                        .with("client", queue.client)
                        .with("index", queue.index)
                        .with("state", queue.state)
                        .with(
                                "pending",
                                IntStream.range(0, queue.pendingCount())
                                        .mapToObj(queue::pendingFence)
                                        .toList()));
    }

    private void tellSvmRanges() {
        each(
                state.svmRanges().table,
                range -> facts.of("svm range", range.id)
                        .with("vm", range.vm)
                        .with("start", range.start)
                        .with("end", range.end));
    }

    private void tellDevices() {
        each(state.devices().devices, device -> facts.of("device", device.id));
        each(
                state.devices().clients,
                client -> facts.of("client", client.id)
                        .with("device", client.device)
                        .with("owner", client.owner));
        each(
                state.tasks().table,
                task -> facts.of("process", task.id)
                        .with("uid", task.uid)
                        .with("capabilities", String.valueOf(task.capabilities))
                        .with("dumpable", task.dumpable == 1));
    }

    private void tellBos() {
        each(state.buffers().table, bo -> {
            // Memory is found for a BO before it is announced: until then its past is all there is of it.
            if (!bo.isAssumed()) {
                facts.of("bo", bo.id)
                        .with("placement", bo.placement)
                        .with("pins", bo.pins)
                        .with("resv", state.buffers().resvOf(bo))
                        .with("deleted", bo.releaseSeq > 0);
            }
        });
        each(state.buffers().stores, family -> {
            // The pages of an import are the exporter's: it has no store.
            BufferObject bo = state.buffers().table.find(family.id);
            if (bo != null && bo.type == BoType.SG) {
                return;
            }
            for (BackingStores.Store store : family.stores) {
                if (store.endedSeq == 0) {
                    facts.of("store", family.id + "/" + store.generation);
                }
            }
        });
    }

    private void tellFences() {
        each(state.fences().fences, fence -> {
            if (fence.destroySeq == 0) {
                facts.of("fence", fence.id)
                        .with("context", fence.context)
                        .with("seqno", fence.seqno)
                        .with("kind", fence.kind)
                        .with("published", fence.publishSeq > 0)
                        .with("enabled", fence.enableSeq > 0)
                        .with("signaled", fence.signaledSeq > 0);
            }
        });
    }

    private void tellReservations() {
        each(state.reservations().table, resv -> {
            SortedSet<String> pending = new TreeSet<>();
            for (int slot = 0; slot < resv.size(); slot++) {
                Fence fence = state.reservations().pending(resv, slot);
                if (fence != null && resv.replacedSeq(slot) == 0 && !isCovered(resv, slot, fence)) {
                    pending.add(resv.usage(slot) + ":" + fence.id);
                }
            }
            if (!pending.isEmpty()) {
                facts.of("resv", resv.id).with("pending", pending);
            }
            if (resv.holderTid != Event.ABSENT) {
                facts.of("held", resv.holderTid + "/" + resv.id).with("by", "RESV X");
            }
        });
    }

    /** Whether a later fence of the context in another slot promises as much. */
    private boolean isCovered(Reservation resv, int slot, Fence fence) {
        for (int other = 0; other < resv.size(); other++) {
            Fence by = state.reservations().pending(resv, other);
            if (by != null
                    && by.context == fence.context
                    && by.seqno >= fence.seqno
                    && resv.usage(slot).compareTo(resv.usage(other)) >= (by == fence ? 1 : 0)) {
                return true;
            }
        }
        return false;
    }

    private void tellLocks() {
        each(state.locks().threads, thread -> {
            for (int i = 0; i < thread.held(); i++) {
                facts.of("held", thread.id + "/" + thread.lock(i))
                        .with("by", thread.lockClass(i) + " " + thread.mode(i));
            }
        });
    }

    private void tellSpaces() {
        each(state.spaces().spaces, vm -> {
            facts.of("vm", vm.id)
                    .with("client", vm.client)
                    .with("mm", vm.mm)
                    .with("owner", vm.owner)
                    .with("resv", vm.resv)
                    .with("notifierLock", vm.notifierLock)
                    .with("longRunning", vm.longRunning)
                    .with("faultMode", vm.faultMode)
                    .with("closed", vm.closeSeq > 0);
            for (PageTable tile : vm.tiles) {
                for (int i = 0; i < tile.count; i++) {
                    facts.of("pte", vm.id + "/" + tile.start(i))
                            .with("end", tile.end(i))
                            .with("pages", String.valueOf(tile.pages(i)));
                }
            }
        });
        each(
                state.spaces().mappings.table,
                vma -> facts.of("vma", vma.id)
                        .with("vm", vma.vm)
                        .with("start", vma.start)
                        .with("end", vma.end)
                        .with("kind", vma.kind)
                        .with("list", vma.list));
        each(state.queues().table, queue -> facts.of("queue", queue.id).with("vm", queue.vm));
    }

    private void tellNotifiers() {
        each(
                state.notifiers().notifiers,
                notifier -> facts.of("notifier", notifier.id)
                        .with("vm", notifier.vm)
                        .with("vma", notifier.vma)
                        .with("seq", notifier.number));
    }

    private void tellJobs() {
        each(
                state.schedulers().jobs,
                job -> facts.of("job", job.id)
                        .with("entity", job.entity)
                        .with("scheduler", job.scheduler)
                        .with("finished", orNone(job.finished))
                        .with("ran", job.runSeq > 0)
                        .with("hardware", orNone(job.parent)));
    }

    private static Object orNone(long id) {
        return id == Event.ABSENT ? "none" : id;
    }

    private void tellSyncObjects() {
        each(state.syncObjects().files, file -> facts.of("sync_file", file.id).with("fence", file.fence));
        each(
                state.syncObjects().objects,
                object -> facts.of("syncobj", object.id).with("point", object.point));
    }

    private void tellDmaBufs() {
        each(
                state.dmaBufs().table,
                dmabuf -> facts.of("dmabuf", dmabuf.id)
                        .with("device", dmabuf.device)
                        .with("attachments", dmabuf.attachmentCount())
                        .with("vmaps", dmabuf.vmaps)
                        .with("polls", dmabuf.pollCount()));
        each(
                state.dmaBufs().attachments,
                attachment -> facts.of("attachment", attachment.id)
                        .with("dmabuf", attachment.dmabuf)
                        .with("device", attachment.device)
                        .with("dynamic", attachment.isDynamic())
                        .with("peer2peer", attachment.isPeerToPeer())
                        .with("pins", attachment.pins)
                        .with("maps", attachment.mappings.size()));
    }

    private void tellGrants() {
        each(state.grants().table, shares -> {
            for (Grants.Share share : shares.clients) {
                for (int i = 0; i < share.handles.size(); i++) {
                    // Who creates a BO counts as its holder from then on, before the handle has a number.
                    if (share.handles.getLong(i) != Grants.SOME_HANDLE) {
                        facts.of("handle", share.client + "/" + share.handles.getLong(i))
                                .with("bo", shares.id);
                    }
                }
                for (int i = 0; i < share.mappings.size(); i += 2) {
                    facts.of("cpu_map", shares.id + "/" + share.client + "/" + share.mappings.getLong(i))
                            .with("end", share.mappings.getLong(i + 1));
                }
            }
        });
    }

    private void tellCpuMappings() {
        each(
                state.cpuMappings().kernel,
                mapping -> facts.of("kernel_map", mapping.id)
                        .with("bo", mapping.bo)
                        .with("iomem", mapping.iomem));
        each(state.cpuMappings().user, ptes -> {
            for (UserPtes.Vma vma : ptes.vmas) {
                // The fold keeps pages of VRAM and of the system apart by the sign.
                long[] pages = vma.sortedPages();
                boolean vram = pages[0] < 0;
                facts.of("cpu_pte", ptes.id + "/" + vma.id)
                        .with("vram", vram)
                        .with(
                                "pages",
                                LongStream.of(pages)
                                        .map(page -> vram ? ~page : page)
                                        .sorted()
                                        .boxed()
                                        .toList());
            }
        });
    }
}
