/** GPU address spaces of the xe driver: mappings of BOs and of user memory, queues, and how a VM gets valid again. */
@NullMarked
package dev.fenceline.simulator.vm;

import org.jspecify.annotations.NullMarked;
