import type { ComponentTimeline, TimelineStep } from '../status/types.ts';

/** A component on the way to a ready host: from when on nothing but it was waited for, and until when. */
export interface PathStep {
  component: ComponentTimeline;
  from: number;
  to: number;
}

/**
 * What would have to be faster for the host to be ready earlier: the component that was healthy last, before it
 * the one that it waited for longest, and so on back to one that waited for none; in the order of time.
 */
export function criticalPath(components: ComponentTimeline[]): PathStep[] {
  const done = components.filter(({ healthy }) => healthy !== undefined);
  const path: ComponentTimeline[] = [];
  let next = latest(done);
  while (next && !path.includes(next)) {
    path.unshift(next);
    const { after } = next;
    next = latest(done.filter(({ name }) => after.includes(name)));
  }
  return path.map((component, index) => {
    const before = path[index - 1]?.healthy ?? 0;
    const to = component.healthy ?? component.began;
    // At later boots some do not wait for those before them.
    return { component, from: Math.min(to, Math.max(component.began, before)), to };
  });
}

function latest(components: ComponentTimeline[]): ComponentTimeline | undefined {
  return components.reduce<ComponentTimeline | undefined>(
    (last, one) => (last === undefined || (one.healthy ?? 0) > (last.healthy ?? 0) ? one : last),
    undefined,
  );
}

/** The step that took longest; undefined when there is none. */
export function longestStep({ steps }: ComponentTimeline): TimelineStep | undefined {
  return steps.reduce<TimelineStep | undefined>(
    (last, one) => (last === undefined || one.to - one.from > last.to - last.from ? one : last),
    undefined,
  );
}
