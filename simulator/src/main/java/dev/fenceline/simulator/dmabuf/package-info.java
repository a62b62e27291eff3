/** dma-buf: buffers that devices, processes and the kernel share, whoever made them. */
@NullMarked
package dev.fenceline.simulator.dmabuf;

import org.jspecify.annotations.NullMarked;
