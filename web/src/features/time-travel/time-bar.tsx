import { Button, chakra, Flex, Text } from "@chakra-ui/react";
import { useEffect, useState } from "react";
import { texts } from "@/shared/texts";
import { fullTime } from "@/shared/time";
import { ExactMoment } from "./exact-moment";
import { stepOf } from "./time-scale";

const words = texts.past;

/** Whoever drags the slider has stopped, when it stands still for so long, in milliseconds. */
const SETTLE_MS = 200;

export type TimeBarProps = {
  /** The ends of the scale, in milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** Called with a moment of the scale when the person has settled on it. */
  readonly onMoment: (at: number) => void;
  readonly onBack: () => void;
};

/** Chooses a moment of a channel's past, by a slider or exactly. */
export function TimeBar({ from, to, onMoment, onBack }: TimeBarProps) {
  const [at, setAt] = useState(to);
  useEffect(() => {
    const timer = setTimeout(() => onMoment(at), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [at, onMoment]);
  return (
    <Flex
      as="section"
      aria-label={words.label}
      wrap={{ base: "wrap", lg: "nowrap" }}
      align="center"
      gapX="3"
      gapY="2"
      px={{ base: "4", md: "6" }}
      py="2"
      textStyle="sm"
      bg="bg.info"
      color="fg.info"
      borderBottomWidth="1px"
      borderColor="border.info"
      flexShrink={0}
    >
      <Text
        fontWeight="medium"
        flexBasis={{ base: "full", lg: "auto" }}
        flexShrink={{ base: 0, lg: 1 }}
        minW="0"
        fontVariantNumeric="tabular-nums"
      >
        {fullTime(new Date(at))}
      </Text>
      <chakra.input
        type="range"
        aria-label={words.slider}
        aria-valuetext={fullTime(new Date(at))}
        min={from}
        max={to}
        step={stepOf(to - from)}
        value={at}
        autoFocus
        onChange={(event) => setAt(nearest(event.target.valueAsNumber, to, stepOf(to - from)))}
        flex="1"
        minW="32"
        h="8"
        accentColor="currentColor"
        cursor="pointer"
        focusVisibleRing="outside"
      />
      <ExactMoment from={from} to={to} at={at} onMoment={setAt} />
      <Button size="xs" flexShrink={0} onClick={onBack}>
        {words.back}
      </Button>
    </Flex>
  );
}

/** The scale ends at a whole step, which need not be now. */
function nearest(at: number, to: number, step: number): number {
  return to - at < step ? to : at;
}
