package dev.fenceline.simulator.workload;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * What a scenario's host is like: its adversity, in numbers.
 *
 * @param vramBytes the VRAM of each GPU
 * @param visibleBytes how much of it the CPU reaches
 * @param disturbed whether those actors who are the adversity do what they came for; in a quiet twin they are there and do nothing
 * @param scale how many objects a workload that grows keeps alive; 0 for one that does not
 * @param options what is unusual about the kernel of the host
 */
public record Conditions(long vramBytes, long visibleBytes, boolean disturbed, long scale, Set<Option> options) {
    /** What may be unusual about a kernel. */
    public enum Option {
        /** Only queues whose accesses may fault are debugged, as agreed in November 2024. */
        DEBUGS_FAULT_MODE_ONLY,
        /** kmap_local_page maps one page at a place of its own (CONFIG_DEBUG_KMAP_LOCAL_FORCE_MAP, as 32-bit kernels have to). */
        MAPS_PAGE_BY_PAGE,
        /** GPUs may be unplugged, so that the recording tells who is in the middle of using one, and who keeps it. */
        HOT_PLUG,
        /** amdgpu gives programs queues that they feed themselves (amdgpu.user_queue=1). */
        USER_QUEUES,
        /** Programs get the fence of work on such a queue before they write it, as thread 003 proposes, and all the time there is. */
        NEXT_SERIAL,
        /** The same, and a fence fails that the program does not complete in time. */
        NEXT_SERIAL_TIMES_OUT,
        /** The kernel writes the work to the ring of such a queue, which stays mapped for the program to write. */
        KERNEL_SUBMITS,
        /** GPUs that nobody uses go to sleep. */
        AUTOSUSPEND,
        /** What computes and what renders shares hardware, on which work that may fault and jobs take turns. */
        ENGINE_GROUPS
    }

    private static final long MIB = 1L << 20;

    /** Keeps a copy of the set. */
    public Conditions {
        EnumSet<Option> copy = EnumSet.noneOf(Option.class);
        copy.addAll(options);
        options = Collections.unmodifiableSet(copy);
    }

    /** VRAM of which there is never enough. */
    public static final Conditions SHORT_OF_VRAM =
            new Conditions(64 * MIB, 32 * MIB, true, 0, EnumSet.noneOf(Option.class));

    /** A card that has room for everything, whose CPU sees all of it. */
    public static final Conditions AMPLE =
            new Conditions(2048 * MIB, 2048 * MIB, true, 0, EnumSet.noneOf(Option.class));

    /** The same host without adversity: with room for everything and nobody who disturbs. */
    public Conditions quiet() {
        return new Conditions(
                Math.max(vramBytes, AMPLE.vramBytes),
                Math.max(visibleBytes, AMPLE.visibleBytes),
                false,
                scale,
                options);
    }

    /** The same host with so much VRAM, all of which the CPU sees. */
    public Conditions withVram(long bytes) {
        return new Conditions(bytes, bytes, disturbed, scale, options);
    }

    /** The same host with an unusual kernel. */
    public Conditions with(Option option) {
        Set<Option> more = EnumSet.of(option);
        more.addAll(options);
        return new Conditions(vramBytes, visibleBytes, disturbed, scale, more);
    }

    /** The same host with so many objects alive. */
    public Conditions scaledTo(long objects) {
        return new Conditions(vramBytes, visibleBytes, disturbed, objects, options);
    }
}
