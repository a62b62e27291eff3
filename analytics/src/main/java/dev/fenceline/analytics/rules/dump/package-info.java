/** Device core dumps: C01 and C02. */
@NullMarked
package dev.fenceline.analytics.rules.dump;

import org.jspecify.annotations.NullMarked;
