/** Shared virtual memory: ranges of the program's memory that the GPU reaches at the same addresses (drm_gpusvm.c, xe_svm.c). */
@NullMarked
package dev.fenceline.simulator.svm;

import org.jspecify.annotations.NullMarked;
