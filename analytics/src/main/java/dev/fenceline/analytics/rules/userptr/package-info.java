/** Userptr and MMU notifiers: U01 to U20. */
@NullMarked
package dev.fenceline.analytics.rules.userptr;

import org.jspecify.annotations.NullMarked;
