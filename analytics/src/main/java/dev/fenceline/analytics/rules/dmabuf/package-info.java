/** dma-buf: A-D01 to A-D12. */
@NullMarked
package dev.fenceline.analytics.rules.dmabuf;

import org.jspecify.annotations.NullMarked;
