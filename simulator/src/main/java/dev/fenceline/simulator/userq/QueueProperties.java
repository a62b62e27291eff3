package dev.fenceline.simulator.userq;

import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.vm.BoVma;

/**
 * What a program asks for ({@code drm_amdgpu_userq_in}).
 *
 * @param type of the engine, such as GFX
 * @param priority NORMAL_LOW, LOW, NORMAL_HIGH or HIGH
 * @param mayHaveHighPriority whether the program has CAP_SYS_NICE
 * @param ring where its packets lie
 * @param wptr where its read and write pointers lie
 * @param doorbells the page its doorbell lies in
 * @param doorbell which of the doorbells of that page it is
 */
public record QueueProperties(
        String type,
        String priority,
        boolean mayHaveHighPriority,
        BoVma ring,
        BoVma wptr,
        Bo doorbells,
        long doorbell) {}
