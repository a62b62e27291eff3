package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.sync.Syncobj;

/**
 * What a renderer and the process that shows its frames have in common: two timelines, as {@code linux-drm-syncobj-v1} shares them. Frame n
 * is rendered at point 2n of the one and given back at point n of the other.
 */
final class Swapchain {
    private final Syncobj rendered;
    private final Syncobj released;

    Swapchain(Kernel kernel) {
        this.rendered = new Syncobj(kernel);
        this.released = new Syncobj(kernel);
    }

    Syncobj rendered() {
        return rendered;
    }

    Syncobj released() {
        return released;
    }

    static long renderedPoint(long frame) {
        return 2 * frame;
    }
}
