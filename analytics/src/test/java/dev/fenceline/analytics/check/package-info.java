/** Tests. */
@NullMarked
package dev.fenceline.analytics.check;

import org.jspecify.annotations.NullMarked;
