package dev.fenceline.simulator.kernel;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Who refers to the modules that are loaded (module/main.c:try_module_get, module_put). {@code delete_module} refuses a module as long
 * as anybody does, whatever became of the device that it was bound to.
 */
public final class Modules {
    /** What calls into a module that it did not load. Its deviation strikes more than once, for it may let go before the module has gone. */
    public enum Holder {
        /** A file whose operations are the module's ({@code file_operations.owner}). */
        OPEN_FILE(new Deviation("open-file-takes-no-module-reference", 4)),
        /** A dma-buf that it exported ({@code dma_buf_export_info.owner}). */
        DMA_BUF(new Deviation("dma-buf-takes-no-module-reference", 4)),
        /** A fence whose operations are the module's, wherever it is by now. Linux leaves that to drivers; those of the model count. */
        FENCE(new Deviation("module-goes-before-its-fences", 4));

        @SuppressWarnings("ImmutableEnumChecker") // It is a record of a text and a number.
        private final Deviation unheeded;

        Holder(Deviation unheeded) {
            this.unheeded = unheeded;
        }

        /**
         * Such a holder takes no reference, so that the module goes though it is there; with it go the fences that it has, of which no
         * driver of Linux counts one.
         */
        public Deviation unheeded() {
            return unheeded;
        }
    }

    private final Kernel kernel;
    private final Map<String, Map<Holder, Integer>> references = new LinkedHashMap<>();

    Modules(Kernel kernel) {
        this.kernel = kernel;
    }

    /** {@code try_module_get}, of a module that is there; the empty name is the kernel itself, which stays. */
    public void get(String module, Holder by) {
        add(module, by, 1);
    }

    /** {@code module_put}. */
    public void put(String module, Holder by) {
        add(module, by, -1);
    }

    private void add(String module, Holder by, int more) {
        if (!module.isEmpty()) {
            references
                    .computeIfAbsent(module, name -> new EnumMap<>(Holder.class))
                    .merge(by, more, Integer::sum);
        }
    }

    /** {@code try_stop_module}: whether nobody refers to any of {@code modules}. */
    public boolean mayGo(Iterable<String> modules) {
        Set<Holder> holders = EnumSet.noneOf(Holder.class);
        for (String module : modules) {
            Map<Holder, Integer> counts = references.get(module);
            for (Holder holder : Holder.values()) {
                if (counts != null && counts.getOrDefault(holder, 0) > 0) {
                    holders.add(holder);
                }
            }
        }
        if (holders.isEmpty()) {
            return true;
        }
        if (holders.size() > 1) {
            holders.remove(Holder.FENCE);
        }
        return holders.size() == 1 && kernel.deviates(holders.iterator().next().unheeded());
    }
}
