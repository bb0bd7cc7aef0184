import { answerQuestions } from '../../threads/thread-worker';
import { drawReceipt } from './receipt-drawing';

/** The thread that draws receipts: one document in, the bytes of its job out. */
answerQuestions(drawReceipt);
