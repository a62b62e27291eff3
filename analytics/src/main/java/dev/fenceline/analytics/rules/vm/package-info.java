/** GPU address spaces, page tables, TLBs, preempt fences: V01 to V18. */
@NullMarked
package dev.fenceline.analytics.rules.vm;

import org.jspecify.annotations.NullMarked;
