"""What the critic may see, what each phase moves, and a generator that obeys."""

import math

import pytest
import torch
from torch import nn
from zoo_acgan.entries import zoo_entries
from zoo_acgan.objective import AuxiliaryClassifier
from zoo_acgan.options import AcganOptions, attributes

from zoo_core.errors import ZooError
from zoo_core.interfaces import Batch, Condition, Critic, Generator, Objective
from zoo_core.nets.critic import ConvCritic
from zoo_core.nets.generator import ConvGenerator
from zoo_core.nets.options import ConvCriticOptions, ConvGeneratorOptions, TransposedOptions
from zoo_core.nets.upsamplers import Transposed
from zoo_core.objectives.adversarial import Adversarial, adversarial
from zoo_core.objectives.options import LOSSES, GanOptions
from zoo_core.objectives.penalties import FirstOutput, input_gradient, named_penalty
from zoo_core.prior import Prior
from zoo_core.registry.problems import check_entry
from zoo_core.space import Space
from zoo_train.draw import CounterDraw

TYPES = ("fire", "grass", "water")
SPACE = Space(16, 3, {"type1": TYPES, "body": ("round", "tall"), "type2": TYPES})
LABELS = torch.tensor([[0, 1, -1], [2, -1, 1], [-1, 0, -1], [1, 1, 1]])


class Parts:
    """Reference networks, narrow."""

    def __init__(self, space, width=2, critic_width=4):
        self.space, self.width, self.critic_width = space, width, critic_width

    def generator(self, latent):
        options = ConvGeneratorOptions(width=self.width, max_width=4 * self.width, embedding=4)
        return ConvGenerator(self.space, latent, Transposed(TransposedOptions()), options)

    def critic(self, out, vector=0):
        return ConvCritic(self.space, out, vector, ConvCriticOptions(width=self.critic_width, max_width=4 * self.critic_width))


def total(terms):
    return sum(value for name, value in terms.items() if not name.startswith("~"))


def draw(prior, iteration=0, phase=0):
    return CounterDraw(0, prior, torch.device("cpu")).at(iteration, phase, 0)


def setup(options=None, space=SPACE, **gan):
    torch.manual_seed(0)
    objective = AuxiliaryClassifier(adversarial(GanOptions(**{"latent": 3, **gan})), options or AcganOptions())
    return objective, objective.nets(Parts(space))


def batch(n=4, space=SPACE):
    images = torch.rand(n, 3, space.size, space.size, generator=torch.Generator().manual_seed(1)) * 2 - 1
    return Batch(images, Condition(LABELS[:n, : len(space.labels)]))


# --- attributes and options ------------------------------------------------------------------------------------------


def test_merged_attributes_share_a_softmax():
    alone = attributes(SPACE, ())
    assert [(a.name, a.columns, a.classes) for a in alone] == [("type1", (0,), 3), ("body", (1,), 2), ("type2", (2,), 3)]
    merged = attributes(SPACE, ("type1+type2",))
    assert [(a.name, a.columns, a.classes) for a in merged] == [("type1+type2", (0, 2), 3), ("body", (1,), 2)]
    _, nets = setup(AcganOptions(merge=("type1+type2",)))
    assert nets["critic"].readout.out_features == 1 + 3 + 2


@pytest.mark.parametrize("merge", ["type1+wings", "type1+body", "type1", "type1+type1", "+", ""])
def test_merges_that_make_no_sense_are_refused(merge):
    problem = AcganOptions(merge=(merge,)).fits(SPACE)
    assert problem and "\n" not in problem and f"merge={merge}" in problem
    assert AcganOptions(merge=("type1+type2",)).fits(SPACE) is None


def test_an_attribute_is_merged_once():
    assert AcganOptions(merge=("type1+type2", "type2+type1")).fits(SPACE)


def test_only_adversarial_objectives_can_be_wrapped():
    class Other(Objective):
        prior = None

        def nets(self, parts):
            return {}

        def phases(self):
            return ()

    with pytest.raises(ZooError, match="--adversarial adversarial"):
        AuxiliaryClassifier(Other(), AcganOptions())


def test_entries_are_well_formed_and_need_labels():
    for entry in zoo_entries():
        check_entry(entry)
        assert entry.needs == ("labels",)


# --- the game --------------------------------------------------------------------------------------------------------


class Spy(nn.Module):
    """Remembers the conditions that a network was called with."""

    def __init__(self, net):
        super().__init__()
        self.net, self.seen = net, []

    def forward(self, x, condition):
        self.seen.append(condition)
        return self.net(x, condition)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_critic_never_sees_labels_and_the_generator_does(loss):
    objective, nets = setup(loss=loss, penalty="gradient")
    spies = {name: Spy(net) for name, net in nets.items()}
    guide = torch.rand(4, 1, 16, 16)
    for phase in objective.phases():
        phase.loss(spies, Batch(batch().images, Condition(LABELS, guide)), draw(objective.prior))
    assert all(condition.labels is None and condition.guide is guide for condition in spies["critic"].seen)
    assert all(condition.labels is LABELS for condition in spies["generator"].seen)
    assert len(spies["critic"].seen) == 3 + (2 if loss.startswith("relativistic") else 1)


@pytest.mark.parametrize("penalty", ["none", "gradient", "r1"])
@pytest.mark.parametrize("loss", LOSSES)
def test_phases_are_finite_and_move_only_their_own_network(loss, penalty):
    objective, nets = setup(loss=loss, penalty=penalty)
    for phase in objective.phases():
        for name, net in nets.items():
            net.zero_grad()
            net.requires_grad_(name in phase.trains)
        terms = phase.loss(nets, batch(), draw(objective.prior))
        assert all(torch.isfinite(value) and value.dim() == 0 for value in terms.values())
        total(terms).backward()
        for name, net in nets.items():
            assert any(p.grad is not None and bool(p.grad.any()) for p in net.parameters()) == (name in phase.trains)


def test_phases_are_those_of_the_wrapped_objective():
    objective, _ = setup(critic_steps=3, generator_steps=2, clip=0.01, loss="wasserstein")
    wrapped = adversarial(GanOptions(critic_steps=3, generator_steps=2, clip=0.01, loss="wasserstein")).phases()
    for ours, theirs in zip(objective.phases(), wrapped, strict=True):
        assert (ours.name, ours.trains, ours.times, ours.rate) == (theirs.name, theirs.trains, theirs.times, theirs.rate)
    _, nets = setup()
    objective.phases()[0].after(nets)
    assert max(float(p.abs().max()) for p in nets["critic"].parameters()) == pytest.approx(0.01)


def test_terms_are_the_wrapped_objectives_on_the_first_output_and_weighted_label_losses():
    objective, nets = setup(AcganOptions(real_weight=2, fake_weight=3, generator_weight=5), loss="hinge", penalty="r1")
    critic, generator = objective.phases()
    data, free = batch(), Condition()
    with torch.no_grad():
        fake = nets["generator"](draw(objective.prior).latent(4), data.condition)
        real_out, fake_out = nets["critic"](data.images, free), nets["critic"](fake, free)
    ours = critic.loss(nets, data, draw(objective.prior))
    plain = adversarial(GanOptions(loss="hinge")).loss.critic(real_out[:, :1], fake_out[:, :1])
    for name in ("real", "fake"):
        torch.testing.assert_close(ours[name], plain[name])

    def labels(out):
        columns = [(0, slice(1, 4)), (1, slice(4, 6)), (2, slice(6, 9))]
        return sum(nn.functional.cross_entropy(out[:, part], LABELS[:, i], ignore_index=-1) for i, part in columns) / 3

    torch.testing.assert_close(ours["real_labels"], 2 * labels(real_out))
    torch.testing.assert_close(ours["fake_labels"], 3 * labels(fake_out))
    terms = generator.loss(nets, data, draw(objective.prior))
    with torch.no_grad():
        z = draw(objective.prior).latent(4)
    torch.testing.assert_close(terms["labels"], 5 * labels(nets["critic"](nets["generator"](z, data.condition), free)))


def test_real_and_fake_statistics_are_not_swapped():
    objective, nets = setup()

    class Certain(Critic):
        """Sure of label 0 and of "real" for real images, undecided and "fake" for generated ones."""

        def forward(self, x, condition):
            real = (x == data.images).all().float()
            answers = torch.zeros(len(x), 9)
            answers[:, 0] = real * 2 - 1
            answers[:, [1, 4, 6]] = 40 * real
            return answers

    data = batch()
    terms = objective.phases()[0].loss({**nets, "critic": Certain()}, data, draw(objective.prior))
    assert float(terms["~real_accuracy"]) == float(terms["~fake_accuracy"]) == 1
    assert float(terms["~real_type1_entropy"]) == pytest.approx(0, abs=1e-5)
    assert float(terms["~fake_type1_entropy"]) == pytest.approx(math.log(3))
    assert float(terms["~real_type1_accuracy"]) == pytest.approx(1 / 3)  # of the labels 0, 2, none, 1


def test_the_penalty_is_about_the_score_alone():
    objective, nets = setup(loss="wasserstein", penalty="r1")
    critic = nets["critic"]
    before = objective.phases()[0].loss(nets, batch(), draw(objective.prior))["penalty"]
    with torch.no_grad():
        critic.readout.weight[1:] *= 100
    after = objective.phases()[0].loss(nets, batch(), draw(objective.prior))["penalty"]
    torch.testing.assert_close(before, after)
    x = batch().images.requires_grad_(True)
    (gradient,) = torch.autograd.grad(critic(x, Condition())[:, 0].sum(), x)
    assert float(after) == pytest.approx(10 * 0.5 * float(gradient.flatten(1).norm(dim=1).square().mean()), rel=1e-4)


@pytest.mark.parametrize("name", ["gradient", "r1", "dragan"])
def test_the_penalty_without_double_backward_equals_the_one_with_it(name):
    _, nets = setup()
    critic, data = nets["critic"].double(), batch()
    real, fake, free = data.images.double(), -data.images.double(), Condition()

    class Plain(nn.Module):
        def forward(self, x, condition):
            return critic(x, condition)[:, :1]

    found = []
    for net in (FirstOutput(critic), Plain()):
        value = named_penalty(name, 10.0)(net, real, fake, free, draw(Prior(3)))
        found.append((value, torch.autograd.grad(value, list(critic.parameters()), allow_unused=True)))
    torch.testing.assert_close(found[0][0], found[1][0])
    assert found[1][0] > 0
    for a, b in zip(found[0][1], found[1][1], strict=True):
        if b is not None and b.abs().max() > 0:
            torch.testing.assert_close(a, b)


def test_a_critic_without_a_gradient_of_its_own_is_left_to_autograd():
    critic = ConvCritic(SPACE, 3, 0, ConvCriticOptions(width=4, norm="batch"))
    assert FirstOutput(critic).input_gradient is None
    x = batch().images
    at = x.clone().requires_grad_(True)
    (expected,) = torch.autograd.grad(critic(at, Condition())[:, 0].sum(), at)
    torch.testing.assert_close(input_gradient(FirstOutput(critic), x, Condition()), expected)


def test_a_wrapped_penalty_of_a_plugin_is_used():
    options = GanOptions(latent=3)
    penalty = named_penalty("gradient", 10.0)
    objective = AuxiliaryClassifier(Adversarial(options, adversarial(options).loss, penalty), AcganOptions())
    nets = objective.nets(Parts(SPACE))
    assert float(objective.phases()[0].loss(nets, batch(), draw(objective.prior))["penalty"]) > 0


@pytest.mark.parametrize("n", [1, 2])
def test_a_batch_of_one_and_batches_without_any_label(n):
    objective, nets = setup(penalty="r1")
    data = Batch(batch(n).images, Condition(torch.full((n, 3), -1)))
    for phase in objective.phases():
        terms = phase.loss(nets, data, draw(objective.prior))
        assert all(torch.isfinite(value) for value in terms.values())
        labels = [value for name, value in terms.items() if name.endswith("labels")]
        assert labels and all(float(value) == 0 for value in labels)


class Painter(Generator):
    """Label and latent -> an image of one colour, through one linear layer."""

    def __init__(self, latent):
        super().__init__()
        self.latent = latent
        self.labels = nn.Embedding(2, 3)
        self.mix = nn.Linear(latent, 3)

    def forward(self, z, condition):
        colour = torch.tanh(self.labels(condition.labels[:, 0]) + 0.1 * self.mix(z))
        return colour[:, :, None, None].expand(-1, 3, 2, 2)


class Colours(Critic):
    """The mean colour of an image -> answers."""

    def __init__(self, out):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(3, 32), nn.LeakyReLU(0.2), nn.Linear(32, out))

    def forward(self, x, condition):
        return self.body(x.mean((2, 3)))


GAMES = {
    "bce": {"penalty": "r1", "penalty_weight": 1.0},
    "wgan_gp": {"loss": "wasserstein", "penalty": "gradient", "penalty_weight": 1.0, "critic_steps": 3},
    "hinge": {"loss": "hinge", "penalty": "r1", "penalty_weight": 1.0},
}


@pytest.mark.parametrize("game", GAMES)
def test_the_generator_obeys_its_labels(game):
    """Two images of one colour each, with two labels, label 0 among them: 150 iterations bring it within 0.1 per channel."""
    torch.manual_seed(0)
    colours = torch.tensor([[0.7, -0.5, -0.5], [-0.5, 0.3, 0.7]])
    space = Space(16, 3, {"type": ("fire", "water")})
    objective = AuxiliaryClassifier(adversarial(GanOptions(latent=2, **GAMES[game])), AcganOptions())
    assert set(objective.nets(Parts(space))) == {"generator", "critic"}
    nets = {"generator": Painter(2), "critic": Colours(3)}
    labels = torch.arange(8)[:, None] % 2
    data = Batch(colours[labels[:, 0]][:, :, None, None].expand(-1, 3, 2, 2), Condition(labels))
    optimizers = {name: torch.optim.Adam(net.parameters(), 0.02, betas=(0.0, 0.99)) for name, net in nets.items()}
    painted = []
    for i in range(150):
        for place, phase in enumerate(objective.phases()):
            for name, net in nets.items():
                net.requires_grad_(name in phase.trains)
            for _ in range(phase.times):
                optimizers[phase.trains[0]].zero_grad()
                total(phase.loss(nets, data, draw(objective.prior, i, place))).backward()
                optimizers[phase.trains[0]].step()
        with torch.no_grad():
            z = torch.randn(2, 2, generator=torch.Generator().manual_seed(i))
            painted.append(nets["generator"](z, Condition(torch.tensor([[0], [1]])))[:, :, 0, 0])
    assert (torch.stack(painted[-50:]).mean(0) - colours).abs().max() < 0.1
