/** Logits per unit of the score. A constant: the learned weight of v2 may become small. */
export const LOGITS_PER_SCORE = 60;

/** Exponent of the probability of the choice in the gradient: choices that the model finds absurd count less. */
const CONFIDENCE_EXPONENT = 0.3;

/** Pull towards the default weights. */
const REGULARIZATION = 1e-4;

const LEARNING_RATE = 0.2;

/** Sum of squared gradients before the first step. */
export const FIRST_SQUARES = 0.1;

/** Weights in logits, with the sums of squared gradients that set their step sizes. */
export interface RankerState {
  readonly weights: Float64Array;
  readonly squares: Float64Array;
}

/** How likely a choice was by the learned and by the default weights. */
export interface ChoiceProbabilities {
  readonly learned: number;
  readonly byDefault: number;
}

/**
 * A linear softmax ranker that takes one step of Adagrad per choice. The inputs are features divided by their scales, and
 * the weights have a least value of 0 each, or more.
 *
 * Sources: Duchi, Hazan and Singer 2011, "Adaptive subgradient methods"; the correction for sampled rows is that of sampled
 * softmax, Bengio and Senécal 2008.
 */
export class OnlineRanker {
  readonly #weights: Float64Array;
  readonly #squares: Float64Array;

  /**
   * @param defaults the default weights, to which the weights are pulled.
   * @param least the least weights.
   */
  constructor(
    private readonly defaults: Float64Array,
    private readonly least: Float64Array,
    state?: RankerState,
  ) {
    this.#weights = (state?.weights ?? defaults).slice();
    this.#squares = state?.squares.slice() ?? new Float64Array(defaults.length).fill(FIRST_SQUARES);
  }

  get state(): RankerState {
    return { weights: this.#weights.slice(), squares: this.#squares.slice() };
  }

  /**
   * Learns from a choice.
   *
   * @param rows inputs of the chosen market, and then of the others that were drawn.
   * @param others number of markets from which the others were drawn.
   * @returns the probabilities before the step.
   */
  step(rows: readonly Float64Array[], others: number): ChoiceProbabilities {
    const correction = Math.log(others / (rows.length - 1));
    const probabilities = softmax(rows, this.#weights, correction);
    const learned = probabilities[0] as number;
    const byDefault = softmax(rows, this.defaults, correction)[0] as number;
    this.#descend(rows, probabilities, learned ** CONFIDENCE_EXPONENT);
    return { learned, byDefault };
  }

  /**
   * Learns from a market that a user turned down: another one should rank above it. It takes a step on
   * `strength · mean of ln(1 + e^(z_rejected − z_other))` over the other markets.
   *
   * Source: Rendle et al. 2009, "BPR: Bayesian personalized ranking from implicit feedback".
   *
   * @param rows inputs of the rejected market, and then of the others that were drawn; at least one.
   */
  reject(rows: readonly Float64Array[], strength: number): void {
    const rejected = rows[0] as Float64Array;
    const logits = rows.map((row) => dot(row, this.#weights));
    // The probability that the rejected market ranks above each of the others, over the number of them.
    const errors = logits.map(
      (logit) => 1 / ((1 + Math.exp(logit - (logits[0] as number))) * (rows.length - 1)),
    );
    for (let feature = 0; feature < this.#weights.length; feature += 1) {
      let gradient = 0;
      for (let row = 1; row < rows.length; row += 1)
        gradient +=
          (errors[row] as number) *
          ((rejected[feature] as number) - ((rows[row] as Float64Array)[feature] as number));
      this.#update(feature, strength * gradient);
    }
  }

  #descend(rows: readonly Float64Array[], probabilities: Float64Array, confidence: number): void {
    const chosen = rows[0] as Float64Array;
    for (let feature = 0; feature < this.#weights.length; feature += 1) {
      let expected = 0;
      for (let row = 0; row < rows.length; row += 1)
        expected += (probabilities[row] as number) * ((rows[row] as Float64Array)[feature] as number);
      const weight = this.#weights[feature] as number;
      this.#update(
        feature,
        confidence * (expected - (chosen[feature] as number)) +
          REGULARIZATION * (weight - (this.defaults[feature] as number)),
      );
    }
  }

  /** A step of Adagrad. */
  #update(feature: number, gradient: number): void {
    const squares = (this.#squares[feature] as number) + gradient * gradient;
    this.#squares[feature] = squares;
    this.#weights[feature] = Math.max(
      this.least[feature] as number,
      (this.#weights[feature] as number) - (LEARNING_RATE * gradient) / Math.sqrt(squares),
    );
  }
}

/** Probability of each row: softmax of the weighted sums, where the drawn rows stand for all others. */
function softmax(rows: readonly Float64Array[], weights: Float64Array, correction: number): Float64Array {
  const logits = Float64Array.from(rows, (row, index) => dot(row, weights) + (index === 0 ? 0 : correction));
  const highest = logits.reduce((most, logit) => Math.max(most, logit), -Infinity);
  let total = 0;
  for (let row = 0; row < logits.length; row += 1) {
    const odds = Math.exp((logits[row] as number) - highest);
    logits[row] = odds;
    total += odds;
  }
  return logits.map((odds) => odds / total);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += (a[index] as number) * (b[index] as number);
  return sum;
}
