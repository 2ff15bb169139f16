"""The Conductor's package: run by Python alone, and inside the library (tests/symphony/conductor_pytest_test.ts)."""

import json
import os
import threading

import pytest

np = pytest.importorskip("numpy")

from symphony_conductor import (
    Choice,
    Conductor,
    ConductorError,
    ConductorStatus,
    DecisionContext,
    DecisionNotFound,
    Feedback,
    LearningMetrics,
    LearningPolicy,
    LinUcb,
    Policy,
    QLearner,
    QLearningPolicy,
    Thompson,
    make_policy,
)

CONTEXT = DecisionContext("route", {"load": 0.5}, ("left", "right"))


def started(**settings):
    conductor = Conductor(**{"policy": "mock", **settings})
    conductor.start()
    return conductor


def test_mock_policy_takes_the_first_option():
    conductor = started()
    decision = conductor.submit_decision(CONTEXT)
    assert (decision.choice, decision.confidence, decision.reasoning) == ("left", 0.85, None)
    assert len(decision.id) == 36


def test_metrics_are_running_averages():
    class Sure(LearningPolicy):
        name = "sure"

        def choose(self, context, options, count):
            return Choice(options[0], [0.2, 0.4, 0.9][count])

    conductor = started(policy=Sure())
    assert conductor.get_learning_metrics() == LearningMetrics(0, 0.0, 0.0, 0.1)
    ids = [conductor.submit_decision(CONTEXT).id for _ in range(3)]
    for decision_id, score in zip(ids, (1.0, -1.0, 0.5)):
        conductor.submit_feedback(Feedback(decision_id, score))
    conductor.submit_feedback(Feedback(ids[0], 0.0))
    metrics = conductor.get_learning_metrics()
    assert metrics.total_decisions == 3
    assert metrics.average_confidence == pytest.approx(0.5)
    assert metrics.success_rate == pytest.approx(0.9 * (0.9 * 0.0 + 0.1 * 1.0) + 0.1 * 0.5)
    assert metrics.learning_rate == 0.1


def test_feedback_for_an_unknown_decision():
    with pytest.raises(DecisionNotFound, match=r"^Decision not found$") as caught:
        started().submit_feedback(Feedback("?", 1.0))
    assert isinstance(caught.value, (ConductorError, LookupError))


def test_history_is_the_newest_first_and_limited():
    times = iter(range(100, 200))
    conductor = started(history_limit=3, clock=lambda: next(times))
    ids = [conductor.submit_decision(CONTEXT).id for _ in range(5)]
    history = conductor.get_decision_history(2)
    assert [record.id for record in history] == [ids[4], ids[3]]
    assert history[0].context == CONTEXT and history[0].timestamp == 104
    assert len(conductor.get_decision_history()) == 3
    with pytest.raises(DecisionNotFound):
        conductor.submit_feedback(Feedback(ids[0], 1.0))
    with pytest.raises(ValueError, match="limit must not be negative: -1"):
        conductor.get_decision_history(-1)


def test_policies_permit_options():
    conductor = started()
    conductor.update_policy(Policy("a", "A", {"deny": ["left"]}))
    assert conductor.submit_decision(CONTEXT).choice == "right"
    conductor.update_policy(Policy("a", "A", {"deny": ["left"], "context_types": ["other"]}))
    conductor.update_policy(Policy("b", "B", {"allow": ["right"]}))
    assert conductor.submit_decision(CONTEXT).choice == "right"
    assert [policy.id for policy in conductor.get_active_policies()] == ["a", "b"]
    conductor.update_policy(Policy("b", "B", {"deny": None, "allow": None, "context_types": None}))
    assert conductor.submit_decision(CONTEXT).choice == "left"
    conductor.update_policy(Policy("b", "B", {"allow": ["right"]}))
    conductor.update_policy(Policy("c", "C", {"deny": ["right"]}))
    with pytest.raises(ConductorError, match=r"policy 'c' permits none of \['left', 'right'\]"):
        conductor.submit_decision(CONTEXT)


def test_a_subclass_decides():
    class Cautious(Conductor):
        def decide(self, context, options):
            return "wait" if "wait" in options else super().decide(context, options)

    with Cautious(policy="mock") as conductor:
        assert conductor.submit_decision(DecisionContext("a", {}, ["go", "wait"])).choice == "wait"
        assert conductor.submit_decision(CONTEXT).choice == "left"


def test_a_subclass_must_choose_an_option():
    class Wild(Conductor):
        def decide(self, context, options):
            return "up"

    conductor = Wild()
    conductor.start()
    with pytest.raises(ConductorError, match=r"decide\(\) chose 'up', which is not one of \['left', 'right'\]"):
        conductor.submit_decision(CONTEXT)
    Wild.decide = lambda self, context, options: None
    with pytest.raises(ConductorError, match=r"decide\(\) must return an option or a Choice, not None"):
        conductor.submit_decision(CONTEXT)
    assert conductor.get_learning_metrics().total_decisions == 0


@pytest.mark.parametrize(
    "make, error, message",
    [
        (lambda: Feedback("a", 2), ValueError, "score must be from -1 to 1, not 2"),
        (lambda: Feedback("a", float("nan")), ValueError, "score must be from -1 to 1, not nan"),
        (lambda: Choice("a", 1.5), ValueError, "confidence must be from 0 to 1, not 1.5"),
        (lambda: DecisionContext(3), TypeError, "context_type must be str, not int"),
        (lambda: DecisionContext("a", {}, [1]), TypeError, r"options must be str: \(1,\)"),
        (lambda: DecisionContext("a", {}, "left"), TypeError, "options must be a list of str, not 'left'"),
        (lambda: DecisionContext("a", {}, None), TypeError, "options must be a list of str, not None"),
        (lambda: DecisionContext("a", None, ["a"]), TypeError, "data must be a dict, not NoneType"),
        (lambda: Policy("p", "P", None), TypeError, "rules must be a dict, not NoneType"),
        (
            lambda: Policy("p", "P", {"deny": "left"}),
            TypeError,
            "the rule 'deny' of the policy 'p' must be a list of str, not 'left'",
        ),
        (lambda: Policy("p", "P", {"allow": [1]}), TypeError, r"the rule 'allow' of .* not \[1\]"),
        (lambda: Policy("p", "P", {"context_types": 5}), TypeError, "the rule 'context_types' of .* not 5"),
        (lambda: make_policy("x"), ValueError, "there is no policy 'x'; there are linucb, mock, q_learning, thompson"),
        (lambda: Conductor(history_limit=0), ValueError, "history_limit must be at least 1, not 0"),
        (lambda: started().submit_decision(DecisionContext("a")), ConductorError, "no options were given"),
        (lambda: Conductor().submit_decision(CONTEXT), ConductorError, r"does not run \(Stopped\); call start\(\) first"),
        (lambda: QLearner([]), ValueError, "actions must be different ones, and at least one"),
        (lambda: QLearner([1], alpha=2), ValueError, "alpha must be from 0 to 1, not 2"),
        (lambda: QLearner([1]).choose("s", []), ValueError, "no action is available"),
        (lambda: QLearner([1]).choose("s", [2]), ValueError, r"2 is not one of the actions \(1,\)"),
        (lambda: LinUcb(size=1), ValueError, "size must be at least 2, not 1"),
    ],
)
def test_errors_name_what_is_wrong(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_status_follows_its_life():
    conductor = Conductor(policy="mock")
    assert conductor.get_conductor_status() is ConductorStatus.STOPPED
    with conductor:
        conductor.start()
        assert conductor.status is ConductorStatus.RUNNING
    conductor.stop()
    assert conductor.status is ConductorStatus.STOPPED


def rates(policy, rounds, seed):
    """How often the better option is chosen in the last half; which is better depends on the context."""
    random = np.random.default_rng(seed)
    good = 0
    with Conductor(policy=policy, seed=seed) as conductor:
        for i in range(rounds):
            night = bool(random.integers(2))
            context = DecisionContext("light", {"night": night}, ("on", "off", "dim"))
            decision = conductor.submit_decision(context)
            best = "on" if night else "off"
            good += decision.choice == best and i >= rounds // 2
            chance = 0.9 if decision.choice == best else 0.2
            score = 1.0 if random.random() < chance else -1.0
            conductor.submit_feedback(Feedback(decision.id, score))
    return good / (rounds - rounds // 2)


@pytest.mark.parametrize("policy", ["linucb", "thompson", "q_learning"])
def test_learning_policies_learn_by_context(policy):
    assert rates(policy, 400, seed=3) > 0.8
    assert rates("mock", 40, seed=3) < 0.8


@pytest.mark.parametrize("policy", ["linucb", "thompson", "q_learning"])
def test_learning_is_reproducible(policy):
    def choices(seed):
        with Conductor(policy=policy, seed=seed) as conductor:
            found = []
            for i in range(60):
                context = DecisionContext("n", {"i": i % 5}, ("a", "b", "c"))
                decision = conductor.submit_decision(context)
                found.append((decision.choice, decision.confidence, decision.reasoning))
                conductor.submit_feedback(Feedback(decision.id, 1.0 if decision.choice == "b" else -0.5))
            return found

    assert choices(1) == choices(1)
    assert [choice for choice, _, _ in choices(1)] != [choice for choice, _, _ in choices(2)]


@pytest.mark.parametrize("policy", ["linucb", "thompson", "q_learning", "mock"])
@pytest.mark.parametrize("gracefully", [True, False])
def test_what_was_learned_is_taken_up_again(policy, gracefully, tmp_path):
    def work(conductor, begin, end):
        for i in range(begin, end):
            context = DecisionContext("n", {"i": i % 3}, ("a", "b"))
            decision = conductor.submit_decision(context)
            yield decision.choice, decision.confidence
            conductor.submit_feedback(Feedback(decision.id, 1.0 if decision.choice == "b" else -1.0))

    with Conductor(policy=policy, seed=5) as whole:
        expected = list(work(whole, 0, 40))
        metrics = whole.get_learning_metrics()
    path = str(tmp_path / "learned")
    first = started(policy=policy, seed=5, path=path)
    found = list(work(first, 0, 20))
    first.update_policy(Policy("p", "P", {"mine": [1, None]}))
    history = first.get_decision_history()
    if gracefully:
        first.stop()
    else:
        first._journal.close()  # as a process that is killed leaves the folder
    second = started(policy=policy, seed=5, path=path)
    assert second.get_decision_history() == history
    assert second.get_active_policies() == [Policy("p", "P", {"mine": [1, None]})]
    found += work(second, 20, 40)
    assert found == expected
    assert second.get_learning_metrics() == metrics


def test_a_half_written_record_is_left_out(tmp_path):
    first = started(path=str(tmp_path))
    kept = first.submit_decision(CONTEXT)
    first._journal.close()
    with open(str(tmp_path / "journal.jsonl"), "ab") as file:
        file.write(b'{"sequence": 2, "kind": "deci')
    second = started(path=str(tmp_path))
    assert [record.id for record in second.get_decision_history()] == [kept.id]
    later = second.submit_decision(CONTEXT)
    second._journal.close()
    third = started(path=str(tmp_path))
    assert [record.id for record in third.get_decision_history()] == [later.id, kept.id]
    third.stop()


def test_a_kill_between_snapshot_and_journal_counts_nothing_twice(tmp_path):
    first = started(path=str(tmp_path))
    decision = first.submit_decision(CONTEXT)
    first.submit_feedback(Feedback(decision.id, 1.0))
    metrics = first.get_learning_metrics()
    journal = (tmp_path / "journal.jsonl").read_bytes()
    first.stop()
    (tmp_path / "journal.jsonl").write_bytes(journal)
    second = started(path=str(tmp_path))
    assert second.get_learning_metrics() == metrics
    second.stop()


def test_a_damaged_journal_is_named(tmp_path):
    (tmp_path / "journal.jsonl").write_bytes(b"nonsense\n")
    conductor = Conductor(policy="mock", path=str(tmp_path))
    with pytest.raises(ConductorError, match="journal.jsonl is damaged in line 1: .*. Mend or remove the line"):
        conductor.start()
    assert conductor.status is ConductorStatus.FAILED
    (tmp_path / "journal.jsonl").unlink()
    conductor.start()
    conductor.stop()


def test_many_records_become_a_snapshot(tmp_path, monkeypatch):
    monkeypatch.setattr("symphony_conductor.conductor._SNAPSHOT_AFTER", 10)
    conductor = started(path=str(tmp_path))
    for _ in range(25):
        conductor.submit_decision(CONTEXT)
    assert len((tmp_path / "journal.jsonl").read_text().splitlines()) == 5
    assert len(json.loads((tmp_path / "snapshot.json").read_text())["history"]) == 20
    conductor._journal.close()
    again = started(path=str(tmp_path))
    assert again.get_learning_metrics().total_decisions == 25
    again.stop()


def test_what_cannot_be_kept_is_not_decided(tmp_path):
    conductor = started(path=str(tmp_path))
    with pytest.raises(TypeError, match="cannot be kept as JSON: "):
        conductor.submit_decision(DecisionContext("a", {"x": object()}, ["a"]))
    with pytest.raises(TypeError, match="cannot be kept as JSON: "):
        conductor.submit_decision(DecisionContext("a", {"x": float("nan")}, ["a"]))
    assert conductor.get_learning_metrics().total_decisions == 0
    assert (tmp_path / "journal.jsonl").read_bytes() == b""
    conductor.stop()


@pytest.mark.skipif(os.name != "posix", reason="locks are POSIX's")
def test_a_folder_has_one_conductor(tmp_path):
    first = started(path=str(tmp_path))
    with pytest.raises(ConductorError, match="is in use by another Conductor; give each a folder of its own"):
        started(path=str(tmp_path))
    first.stop()
    with pytest.raises(ConductorError, match="was learned by the policy 'mock', not 'linucb'; give each policy"):
        started(path=str(tmp_path), policy="linucb")
    started(path=str(tmp_path)).stop()


def test_threads_may_share_a_conductor(tmp_path):
    conductor = started(path=str(tmp_path))

    def work():
        for _ in range(50):
            decision = conductor.submit_decision(CONTEXT)
            conductor.submit_feedback(Feedback(decision.id, 1.0))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert conductor.get_learning_metrics().total_decisions == 200
    conductor.stop()


def corridor(learner, episodes, length=6):
    """Finds the way along a corridor; the steps of each episode."""
    steps = []
    for _ in range(episodes):
        place, count = 0, 0
        while place < length and count < 500:
            available = ["right"] if place == 0 else ["left", "right"]
            action = learner.choose(place, available)
            after = place + (1 if action == "right" else -1)
            done = after == length
            next_available = ["right"] if after == 0 else ["left", "right"]
            learner.learn(place, action, 1.0 if done else 0.0, after, next_available, done)
            place, count = after, count + 1
        learner.end_episode()
        steps.append(count)
    return steps


def test_qlearner_finds_the_way_and_is_reproducible():
    def run(seed):
        learner = QLearner(["left", "right"], seed=seed, epsilon=0.3, epsilon_decay=0.9, alpha=0.5)
        return learner, corridor(learner, 60)

    learner, steps = run(11)
    assert steps[-10:] == [6] * 10
    assert learner.epsilon == pytest.approx(0.3 * 0.9**60)
    assert [learner.choose(place, explore=False) for place in range(6)] == ["right"] * 6
    assert learner.value(5, "right") == pytest.approx(1.0)
    assert learner.value(4, "right") == pytest.approx(0.95, abs=0.01)
    assert run(11)[1] == steps
    assert run(12)[1] != steps


def test_qlearner_update_is_that_of_the_textbook():
    learner = QLearner(["a", "b"], alpha=0.5, gamma=0.9, initial=0.2)
    assert learner.learn("s", "a", 1.0, "t") == pytest.approx(1.0 + 0.9 * 0.2 - 0.2)
    assert learner.value("s", "a") == pytest.approx(0.2 + 0.5 * 0.98)
    assert learner.learn("t", "b", 0.0, "s", ["b"]) == pytest.approx(0.9 * 0.2 - 0.2)
    assert learner.learn("t", "a", 3.0, "s", done=True) == pytest.approx(3.0 - 0.2)
    assert learner.learn("u", "a", 3.0, "s", []) == pytest.approx(3.0 - 0.2)


def test_qlearner_is_saved_and_goes_on(tmp_path):
    states = ["s", 1, 1.5, None, True, ("a", (2, None)), frozenset(["x", "y"])]
    first = QLearner(["left", ("go", 1)], seed=4, epsilon=0.5)
    for i, state in enumerate(states * 20):
        first.learn(state, first.choose(state), float(i), None, done=True)
    path = str(tmp_path / "agent.json")
    first.save(path)
    second = QLearner.load(path)
    assert second.states == first.states and second.actions == first.actions
    for state in states:
        for action in first.actions:
            assert second.value(state, action) == first.value(state, action)
    assert [second.choose("s") for _ in range(50)] == [first.choose("s") for _ in range(50)]
    assert os.listdir(str(tmp_path)) == ["agent.json"]


def test_qlearner_refuses_what_cannot_be_saved(tmp_path):
    learner = QLearner(["a"])
    learner.learn(len, "a", 1.0, None, done=True)
    path = tmp_path / "agent.json"
    path.write_text("old")
    with pytest.raises(TypeError, match="cannot be saved: states and actions must be of str, int"):
        learner.save(str(path))
    assert path.read_text() == "old"


def test_qlearner_grows_beyond_its_first_table():
    learner = QLearner(range(3))
    for state in range(1000):
        learner.learn(state, state % 3, float(state), None, done=True)
    assert learner.states == 1000
    assert all(learner.value(n, n % 3) == pytest.approx(0.1 * n) for n in range(1000))


def test_qlearning_policy_takes_new_options():
    policy = QLearningPolicy(epsilon=0.0, alpha=1.0)
    policy.learn(CONTEXT, "left", 0.5)
    policy.learn(CONTEXT, "up", 1.0)
    assert policy.choose(CONTEXT, ["left", "up"], 0).choice == "up"
    assert policy.choose(CONTEXT, ["left", "down"], 0).choice == "left"


def test_thompson_and_linucb_grow_sure():
    for policy in (LinUcb(), Thompson()):
        before = policy.choose(CONTEXT, ["left"], 0)
        for _ in range(30):
            policy.learn(CONTEXT, "left", 1.0)
        after = policy.choose(CONTEXT, ["left"], 0)
        assert before.confidence == pytest.approx(0.5)
        assert 0.8 < after.confidence < 1
        assert "after 30 times of feedback" in after.reasoning
