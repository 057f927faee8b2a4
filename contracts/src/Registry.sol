// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Commit} from "./Commit.sol";
import {IRegistry} from "./IRegistry.sol";
import {MOST_MOVES} from "./Limits.sol";
import {Image, Registration, Rules, Terms} from "./Types.sol";

/// @title Images, models and offers
/// @notice docs/protocol.md is the specification.
contract Registry is IRegistry {
    uint32 private constant MACHINE_VERSION = 1;
    /// @dev Leaves of a program's tree.
    uint256 private constant MAX_PROGRAM = 1 << 20;
    uint256 private constant MAX_SECONDS = 180 days;
    uint256 private constant MAX_INCREMENT = 30 days;
    /// @dev In a shorter one nobody could answer a demand: there is a quarter of it to do so.
    uint256 private constant LEAST_WINDOW = 16;

    /// @dev Below these an honest party could not be in time, or not be repaid.
    uint256 public immutable override MIN_WINDOW;
    uint256 public immutable override MIN_CLOCK;
    uint256 public immutable override MIN_REPAYMENT;

    /// @dev What the market reads of an offer.
    struct Listing {
        address submitter;
        uint24 commitDelay;
        address token;
        uint128 fee;
    }

    mapping(bytes32 image => bool) private _images;
    /// @dev Largest T, which isn't 0.
    mapping(bytes32 model => uint32 maxIterations) private _models;
    mapping(bytes32 offer => bytes32 model) private _modelOf;
    mapping(bytes32 offer => Rules) private _rules;
    mapping(bytes32 offer => Listing) private _listings;

    /// @param minRepayment In wei: a challenger's dearest move at the highest price of gas that is planned for.
    constructor(uint256 minWindow, uint256 minClock, uint256 minRepayment) {
        _checkRange("minWindow", minWindow, LEAST_WINDOW, MAX_SECONDS);
        _checkRange("minClock", minClock, 1, MAX_SECONDS);
        _checkRange("minRepayment", minRepayment, 1, uint256(type(uint32).max) * 1 gwei);
        MIN_WINDOW = minWindow;
        MIN_CLOCK = minClock;
        MIN_REPAYMENT = minRepayment;
    }

    /// @inheritdoc IRegistry
    function registerImage(Image calldata content) external returns (bytes32 image) {
        image = Commit.image(content);
        if (_images[image]) revert ImageExists(image);
        _registerImage(image, content);
    }

    function _registerImage(bytes32 image, Image calldata content) private {
        _images[image] = true;
        emit ImageRegistered(image, content);
    }

    /// @inheritdoc IRegistry
    function register(Registration calldata registration) external returns (bytes32 model) {
        if (registration.length == 0 || registration.length > MAX_PROGRAM) {
            revert LengthOutOfRange(registration.length, MAX_PROGRAM);
        }
        if (registration.maxIterations == 0) {
            revert IterationsOutOfRange(0, type(uint32).max);
        }
        if (registration.machineVersion != MACHINE_VERSION) {
            revert UnsupportedMachineVersion(registration.machineVersion, MACHINE_VERSION);
        }
        bytes32 initial = Commit.initialSlots(registration.outputsRoot, registration.rest);
        if (initial != registration.initialSlotsRoot) {
            revert InitialSlotsRootMismatch(initial, registration.initialSlotsRoot);
        }
        model = Commit.model(registration);
        if (_models[model] != 0) revert ModelExists(model);
        bytes32 image = Commit.image(registration.image);
        if (!_images[image]) _registerImage(image, registration.image);
        _models[model] = registration.maxIterations;
        emit Registered(model, msg.sender, registration);
    }

    /// @inheritdoc IRegistry
    function offer(bytes32 model, Terms calldata terms) external returns (bytes32 id) {
        if (_models[model] == 0) revert UnknownModel(model);
        _check(terms);
        id = Commit.offer(address(this), model, terms);
        if (_rules[id].window != 0) revert OfferExists(id);
        _modelOf[id] = model;
        _rules[id] = Rules({
            window: terms.window,
            clock: terms.clock,
            increment: terms.increment,
            descentIncrement: terms.descentIncrement,
            claimBond: uint64(terms.claimBond / 1 gwei),
            challengeBond: uint64(terms.challengeBond / 1 gwei),
            repayment: uint32(terms.repayment / 1 gwei)
        });
        _listings[id] = Listing({
            submitter: terms.submitter, commitDelay: terms.commitDelay, token: terms.token, fee: terms.fee
        });
        emit Offered(id, model, msg.sender, terms);
    }

    /// @dev Bounds that make honest play pay whatever the others do: docs/economics.md.
    function _check(Terms calldata terms) private view {
        _checkRange("window", terms.window, MIN_WINDOW, MAX_SECONDS);
        _checkRange("clock", terms.clock, MIN_CLOCK, MAX_SECONDS);
        _checkRange("increment", terms.increment, 0, MAX_INCREMENT);
        _checkRange("descentIncrement", terms.descentIncrement, 0, MAX_INCREMENT);
        _checkRange("commitDelay", terms.commitDelay, 0, MAX_SECONDS);
        uint256 most = uint256(type(uint32).max) * 1 gwei;
        _checkGwei("repayment", terms.repayment, MIN_REPAYMENT, most);
        // The submitter's moves in a game cost about twice what the challenger's do, and the challenger's bond pays them all.
        uint256 game = uint256(terms.repayment) * MOST_MOVES;
        most = uint256(type(uint64).max) * 1 gwei;
        _checkGwei("challengeBond", terms.challengeBond, 2 * game, most);
        // An eighth of what is at stake repays at least one challenger who comes second; another is the winner's.
        _checkGwei("claimBond", terms.claimBond, 8 * game, most);
    }

    function _checkRange(string memory name, uint256 value, uint256 least, uint256 most) private pure {
        if (value < least || value > most) revert InvalidTerm(name, value, least, most);
    }

    function _checkGwei(string memory name, uint256 value, uint256 least, uint256 most) private pure {
        _checkRange(name, value, least, most);
        if (value % 1 gwei != 0) revert NotInGwei(name, value);
    }

    /// @inheritdoc IRegistry
    function isImage(bytes32 image) external view returns (bool) {
        return _images[image];
    }

    /// @inheritdoc IRegistry
    function isModel(bytes32 model) external view returns (bool) {
        return _models[model] != 0;
    }

    /// @inheritdoc IRegistry
    function getRules(bytes32 id) public view returns (Rules memory rules) {
        rules = _rules[id];
        if (rules.window == 0) revert UnknownOffer(id);
    }

    /// @inheritdoc IRegistry
    function rulesOf(bytes32 id)
        external
        view
        returns (bytes32 model, uint32 maxIterations, Rules memory rules)
    {
        rules = getRules(id);
        model = _modelOf[id];
        maxIterations = _models[model];
    }

    /// @inheritdoc IRegistry
    function submitterOf(bytes32 id) external view returns (address) {
        return _listings[id].submitter;
    }

    /// @inheritdoc IRegistry
    function getOffer(bytes32 id) external view returns (bytes32 model, Terms memory terms) {
        Rules memory rules = getRules(id);
        model = _modelOf[id];
        Listing memory listing = _listings[id];
        terms = Terms({
            submitter: listing.submitter,
            token: listing.token,
            fee: listing.fee,
            window: rules.window,
            clock: rules.clock,
            increment: rules.increment,
            descentIncrement: rules.descentIncrement,
            commitDelay: listing.commitDelay,
            claimBond: uint96(uint256(rules.claimBond) * 1 gwei),
            challengeBond: uint96(uint256(rules.challengeBond) * 1 gwei),
            repayment: uint96(uint256(rules.repayment) * 1 gwei)
        });
    }
}
