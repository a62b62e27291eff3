/** dma_resv: A-R01 to A-R07. */
@NullMarked
package dev.fenceline.analytics.rules.resv;

import org.jspecify.annotations.NullMarked;
