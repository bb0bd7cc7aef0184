import type { DrillCheck } from '../../domain/takeover';
import * as m from '../../shared/i18n/generated/messages.js';

/** What one look of a rehearsal found, and what to do where it failed. */
export function drillWords({ check, passed, found, wanted }: DrillCheck, till: string): string {
  switch (check) {
    case 'heard':
      return passed ? m.drill_heard({ till }) : m.drill_heard_failed({ till, count: Math.max(1, wanted - found) });
    case 'goods':
      return passed ? m.drill_goods({ count: found }) : m.drill_goods_failed();
    case 'photos':
      return passed ? m.drill_photos({ count: found }) : m.drill_photos_failed({ count: wanted - found });
    case 'people':
      return passed ? m.drill_people({ count: found }) : m.drill_people_failed({ found, wanted });
    case 'printer':
      return passed ? m.drill_printer() : m.drill_printer_failed();
    case 'sale':
      return passed ? m.drill_sale() : m.drill_sale_failed();
  }
}
