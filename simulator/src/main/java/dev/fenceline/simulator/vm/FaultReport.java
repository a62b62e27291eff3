package dev.fenceline.simulator.vm;

import dev.fenceline.simulator.kernel.Call;
import org.jspecify.annotations.Nullable;

/** A page fault that a debugger is to be told of: what becomes of the threads while it is served. */
public interface FaultReport {
    /** {@code xe_eudebug_pagefault_create}: all threads are made to halt; those that wait for their access cannot yet. */
    Call begin();

    /** Whether all were made to halt: not if another fault is being reported, or nobody debugs any more. */
    boolean isOpen();

    /** The threads that waited got past their access, or never will. */
    void resolved();

    /**
     * {@code xe_eudebug_pagefault_destroy}. If the access went to a null page, this waits until it did, has {@code takeAway} remove
     * the page, and tells the debugger; else {@code takeAway} is null, and there is nothing to tell.
     */
    Call end(@Nullable Call takeAway);
}
