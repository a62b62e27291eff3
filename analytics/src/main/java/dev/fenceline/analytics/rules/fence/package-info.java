/** dma_fence: A-F01 to A-F17. */
@NullMarked
package dev.fenceline.analytics.rules.fence;

import org.jspecify.annotations.NullMarked;
