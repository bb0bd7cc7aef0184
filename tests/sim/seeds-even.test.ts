import { liveThroughSeeds } from './seeds';

liveThroughSeeds(0);
