/** {@code sync_file} and {@code drm_syncobj}: fences in the hands of userspace. */
@NullMarked
package dev.fenceline.simulator.sync;

import org.jspecify.annotations.NullMarked;
