package dev.fenceline.simulator.driver;

/**
 * The names of the ioctls that a user-mode driver makes; from the uAPI headers of the drivers.
 *
 * @param createBo makes a buffer object
 * @param createVm makes a GPU address space
 * @param createQueue makes what jobs are submitted to
 * @param bind maps and unmaps
 * @param submit submits a job
 * @param userptr makes a buffer object, or a mapping, of memory of the program
 */
public record DriverCalls(
        String createBo, String createVm, String createQueue, String bind, String submit, String userptr) {
    static final DriverCalls XE = new DriverCalls(
            "DRM_IOCTL_XE_GEM_CREATE",
            "DRM_IOCTL_XE_VM_CREATE",
            "DRM_IOCTL_XE_EXEC_QUEUE_CREATE",
            "DRM_IOCTL_XE_VM_BIND",
            "DRM_IOCTL_XE_EXEC",
            "DRM_IOCTL_XE_VM_BIND");

    /** The address space of amdgpu comes with the open file; its parameters are asked for by INFO. */
    static final DriverCalls AMDGPU = new DriverCalls(
            "DRM_IOCTL_AMDGPU_GEM_CREATE",
            "DRM_IOCTL_AMDGPU_INFO",
            "DRM_IOCTL_AMDGPU_CTX",
            "DRM_IOCTL_AMDGPU_GEM_VA",
            "DRM_IOCTL_AMDGPU_CS",
            "DRM_IOCTL_AMDGPU_GEM_USERPTR");

    /** i915 maps when a buffer is first submitted, so binding is part of the execbuf. */
    static final DriverCalls I915 = new DriverCalls(
            "DRM_IOCTL_I915_GEM_CREATE_EXT",
            "DRM_IOCTL_I915_GEM_VM_CREATE",
            "DRM_IOCTL_I915_GEM_CONTEXT_CREATE_EXT",
            "DRM_IOCTL_I915_GEM_EXECBUFFER2",
            "DRM_IOCTL_I915_GEM_EXECBUFFER2",
            "DRM_IOCTL_I915_GEM_USERPTR");
}
