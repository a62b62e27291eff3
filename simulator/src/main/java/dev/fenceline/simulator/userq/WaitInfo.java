package dev.fenceline.simulator.userq;

/** A {@code drm_amdgpu_userq_fence_info}: the value that a word has when another queue is done; until it is used it keeps the word. */
public final class WaitInfo {
    private final FenceDriver driver;
    private final long value;

    WaitInfo(FenceDriver driver, long value) {
        this.driver = driver;
        this.value = value;
        driver.get();
    }

    boolean isReached() {
        return driver.hasReached(value);
    }

    void put() {
        driver.put();
    }
}
