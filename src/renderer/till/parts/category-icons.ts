import type { LucideIcon } from '@lucide/svelte';
import Apple from '@lucide/svelte/icons/apple';
import Baby from '@lucide/svelte/icons/baby';
import Beef from '@lucide/svelte/icons/beef';
import Beer from '@lucide/svelte/icons/beer';
import BookOpen from '@lucide/svelte/icons/book-open';
import CakeSlice from '@lucide/svelte/icons/cake-slice';
import Candy from '@lucide/svelte/icons/candy';
import Carrot from '@lucide/svelte/icons/carrot';
import Cherry from '@lucide/svelte/icons/cherry';
import Coffee from '@lucide/svelte/icons/coffee';
import CupSoda from '@lucide/svelte/icons/cup-soda';
import Disc3 from '@lucide/svelte/icons/disc-3';
import Egg from '@lucide/svelte/icons/egg';
import Fish from '@lucide/svelte/icons/fish';
import Flower from '@lucide/svelte/icons/flower';
import Gem from '@lucide/svelte/icons/gem';
import Gift from '@lucide/svelte/icons/gift';
import Hammer from '@lucide/svelte/icons/hammer';
import House from '@lucide/svelte/icons/house';
import Lamp from '@lucide/svelte/icons/lamp';
import Milk from '@lucide/svelte/icons/milk';
import Music from '@lucide/svelte/icons/music';
import Package from '@lucide/svelte/icons/package';
import Palette from '@lucide/svelte/icons/palette';
import PawPrint from '@lucide/svelte/icons/paw-print';
import Pizza from '@lucide/svelte/icons/pizza';
import Sandwich from '@lucide/svelte/icons/sandwich';
import Shirt from '@lucide/svelte/icons/shirt';
import ShoppingBasket from '@lucide/svelte/icons/shopping-basket';
import Soup from '@lucide/svelte/icons/soup';
import Sprout from '@lucide/svelte/icons/sprout';
import Tag from '@lucide/svelte/icons/tag';
import ToyBrick from '@lucide/svelte/icons/toy-brick';
import Wheat from '@lucide/svelte/icons/wheat';
import Wine from '@lucide/svelte/icons/wine';

/** The lucide icons a category may name: what stalls sell, not the whole set, which would double the window's size. */
const CATEGORY_ICONS: Readonly<Record<string, LucideIcon>> = {
  apple: Apple,
  baby: Baby,
  beef: Beef,
  beer: Beer,
  'book-open': BookOpen,
  'cake-slice': CakeSlice,
  candy: Candy,
  carrot: Carrot,
  cherry: Cherry,
  coffee: Coffee,
  'cup-soda': CupSoda,
  'disc-3': Disc3,
  egg: Egg,
  fish: Fish,
  flower: Flower,
  gem: Gem,
  gift: Gift,
  hammer: Hammer,
  house: House,
  lamp: Lamp,
  milk: Milk,
  music: Music,
  package: Package,
  palette: Palette,
  'paw-print': PawPrint,
  pizza: Pizza,
  sandwich: Sandwich,
  shirt: Shirt,
  'shopping-basket': ShoppingBasket,
  soup: Soup,
  sprout: Sprout,
  'toy-brick': ToyBrick,
  wheat: Wheat,
  wine: Wine,
};

/** The icon of a category; a price tag for a name that is not known here. */
export function categoryIcon(name: string): LucideIcon {
  return CATEGORY_ICONS[name] ?? Tag;
}
