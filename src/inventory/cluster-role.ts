/** The role whose hosts form the cluster. */
export const clusterRole = 'controller';

/** More than these a cluster does not bear well: each write waits for all, and the slowest sets the pace. */
export const mostControllers = 7;
